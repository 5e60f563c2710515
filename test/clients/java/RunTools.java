import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.kafka.common.utils.Exit;

/**
 * Runs Kafka's own tools one after the other in one process, since each takes seconds to start by
 * itself. Reads a line for each: its class, its arguments and what it gets on stdin (a word behind a
 * "<", with \n between its lines), parted by tabs. Prints a line for each as JSON: {"code": 0,
 * "output": "..."}, of what it wrote to both of its streams.
 */
public class RunTools {
  /** In the place of the end of the process. */
  private static class Ended extends RuntimeException {}

  private static ByteArrayOutputStream written;
  /** What a tool has done until it ended the process for the first time: some do so again. */
  private static Integer endedWith;
  private static String saidUntilThen;

  public static void main(String[] args) throws Exception {
    Exit.setExitProcedure((code, message) -> end(code));
    Exit.setHaltProcedure((code, message) -> end(code));
    Exit.setShutdownHookAdder((name, hook) -> {}); // none is needed by one that has ended by itself
    PrintStream real = System.out;
    var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      String[] words = line.split("\t", -1);
      var own = Arrays.stream(words).skip(1).filter(word -> !word.startsWith("<"));
      var input = Arrays.stream(words).filter(word -> word.startsWith("<")).findFirst().orElse("<");
      byte[] stdin = input.substring(1).replace("\\n", "\n").getBytes(StandardCharsets.UTF_8);
      System.setIn(new ByteArrayInputStream(stdin));
      written = new ByteArrayOutputStream();
      endedWith = null;
      var both = new PrintStream(written, true, StandardCharsets.UTF_8);
      System.setOut(both);
      System.setErr(both);
      int code = run(words[0], own.toArray(String[]::new));
      both.flush();
      if (endedWith != null) code = endedWith;
      String said = endedWith == null ? written.toString(StandardCharsets.UTF_8) : saidUntilThen;
      real.println("{\"code\":" + code + ",\"output\":" + quoted(said) + "}");
      real.flush();
    }
  }

  private static void end(int code) {
    if (endedWith == null) {
      endedWith = code;
      System.out.flush();
      saidUntilThen = written.toString(StandardCharsets.UTF_8);
    }
    throw new Ended();
  }

  private static int run(String tool, String[] args) throws Exception {
    try {
      // Those that are written in Scala print to where its Console goes.
      scala.Console.withOut(System.out, () -> scala.Console.withErr(System.out, () -> call(tool, args)));
      return 0;
    } catch (Throwable thrown) {
      System.out.println(thrown);
      return 1;
    }
  }

  private static Object call(String tool, String[] args) {
    try {
      Class.forName(tool).getMethod("main", String[].class).invoke(null, (Object) args);
      return null;
    } catch (InvocationTargetException thrown) {
      throw sneaky(thrown.getCause());
    } catch (ReflectiveOperationException thrown) {
      throw sneaky(thrown);
    }
  }

  private static <T extends Throwable> RuntimeException sneaky(Throwable thrown) throws T {
    @SuppressWarnings("unchecked")
    T as = (T) thrown;
    throw as;
  }

  private static String quoted(String text) {
    var json = new StringBuilder("\"");
    for (char letter : text.toCharArray()) {
      if (letter == '"' || letter == '\\') json.append('\\').append(letter);
      else if (letter < ' ') json.append(String.format("\\u%04x", (int) letter));
      else json.append(letter);
    }
    return json.append('"').toString();
  }
}
