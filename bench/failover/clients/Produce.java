import java.io.IOException;
import java.util.Arrays;
import java.util.Locale;
import java.util.Properties;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Sends a number each few ms to partition 0 of a topic: Produce BOOTSTRAP_SERVERS TOPIC INTERVAL_MS
 * name=value... Prints what produce.py prints: nanoTime is the same clock on Linux.
 */
public class Produce {
  private static volatile boolean ended;

  public static void main(String[] args) {
    Properties properties = new Properties();
    properties.put("bootstrap.servers", args[0]);
    for (String setting : Arrays.copyOfRange(args, 3, args.length)) {
      String[] pair = setting.split("=", 2);
      properties.put(pair[0], pair[1]);
    }
    Thread waiter = new Thread(Produce::waitForEnd);
    waiter.setDaemon(true);
    waiter.start();
    long intervalNs = (long) (Double.parseDouble(args[2]) * 1e6);
    int number = 0;
    try (var producer =
        new KafkaProducer<>(properties, new StringSerializer(), new StringSerializer())) {
      for (long dueNs = System.nanoTime(); !ended; dueNs += intervalNs) {
        for (long leftNs; (leftNs = dueNs - System.nanoTime()) > 0; ) LockSupport.parkNanos(leftNs);
        producer.send(
            new ProducerRecord<>(args[1], 0, null, Integer.toString(number)),
            told(number, nowMs()));
        number++;
      }
      producer.flush();
    }
    System.out.println("end " + number);
  }

  private static Callback told(int number, double sentMs) {
    return (metadata, error) -> {
      String line = String.format(Locale.ROOT, "%d %.3f %.3f", number, sentMs, nowMs());
      System.out.println(error == null ? "ack " + line : "error " + line + " " + error);
    };
  }

  private static void waitForEnd() {
    try {
      while (System.in.read() != -1) {}
    } catch (IOException error) {
      // whoever was to end this is gone
    }
    ended = true;
  }

  private static double nowMs() {
    return System.nanoTime() / 1e6;
  }
}
