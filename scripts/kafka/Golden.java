import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BinaryNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.io.File;
import java.io.FileOutputStream;
import java.io.FileDescriptor;
import java.io.PrintStream;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.jar.JarFile;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.protocol.Readable;

/**
 * Prints messages as Kafka's own code writes them, to hold the TypeScript codec against:
 * `java -cp 'libs/*' Golden.java SEED N` gives N lines `["FetchRequest",4,{json},"base64"]` for
 * every version of every message defined in the jars.
 *
 * Vector 0 has every field at its default, 1 every field set, 2 every nullable field null and
 * numbers at their extremes, the rest is random. The same seed gives the same lines, and a
 * message's lines depend on no other message.
 */
public class Golden {
  static final JsonMapper JSON =
      JsonMapper.builder().enable(JsonReadFeature.ALLOW_JAVA_COMMENTS).build();

  public static void main(String[] args) throws Exception {
    long seed = Long.parseLong(args[0]);
    int count = Integer.parseInt(args[1]);
    // System.out would write in the charset of the locale.
    PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), false, "UTF-8");
    StringBuilder lines = new StringBuilder();
    Jars jars = new Jars();
    int pairs = 0;
    int failed = 0;
    for (JsonNode definition : jars.definitions.values()) {
      String name = definition.get("name").asText();
      Versions valid = Versions.of(definition.get("validVersions"));
      for (int version = valid.lowest; version <= valid.highest; version++) {
        pairs++;
        try {
          Codec codec = new Codec(jars.dataClass(definition), (short) version);
          Random random = new Random((seed + "/" + name + "/" + version).hashCode());
          for (int index = 0; index < count; index++) {
            JsonNode json = new Maker(definition, version, index, random).message();
            byte[] bytes = codec.encode(json);
            ArrayNode line = JSON.createArrayNode().add(name).add(version);
            line.add(codec.decode(bytes, json)).add(bytes);
            lines.append(JSON.writeValueAsString(line)).append('\n');
          }
        } catch (Exception error) {
          failed++;
          Throwable cause = error instanceof InvocationTargetException ? error.getCause() : error;
          System.err.println(name + " v" + version + ": " + cause);
        }
      }
    }
    out.print(lines);
    out.close();
    System.err.printf(
        "%d messages, %d versions of them, %d failed, %d vectors each%n",
        jars.definitions.size(), pairs, failed, count);
    if (failed > 0 || pairs == 0) System.exit(1);
  }

  /** The definitions of the messages, and the classes generated from them. */
  static class Jars {
    final Map<String, JsonNode> definitions = new TreeMap<>();
    private final Map<String, String> converters = new HashMap<>(); // full name by simple name

    Jars() throws Exception {
      for (String path : System.getProperty("java.class.path").split(File.pathSeparator)) {
        if (!path.endsWith(".jar")) continue;
        try (JarFile jar = new JarFile(path)) {
          for (var entries = jar.entries(); entries.hasMoreElements(); ) {
            var entry = entries.nextElement();
            if (entry.getName().endsWith("JsonConverter.class")) {
              String full = entry.getName().replace(".class", "").replace('/', '.');
              converters.put(full.substring(full.lastIndexOf('.') + 1), full);
            }
            if (!entry.getName().matches("(common/message|common/metadata|message)/\\w+\\.json"))
              continue;
            JsonNode definition = JSON.readTree(jar.getInputStream(entry));
            // A message Kafka has removed keeps its file, so that nobody takes its key.
            if (definition.get("validVersions").asText().equals("none")) continue;
            if (definitions.put(definition.get("name").asText(), definition) != null)
              throw new IllegalStateException("defined twice: " + entry.getName());
          }
        }
      }
    }

    Class<?> dataClass(JsonNode definition) throws Exception {
      boolean suffix = definition.get("type").asText().matches("request|response|header");
      String name = definition.get("name").asText() + (suffix ? "Data" : "");
      String converter = converters.get(name + "JsonConverter");
      if (converter == null) throw new ClassNotFoundException(name + "JsonConverter");
      return Class.forName(converter.replaceFirst("JsonConverter$", ""));
    }
  }

  /** Kafka's generated code for one version of one message. */
  static class Codec {
    private final short version;
    private final Constructor<?> constructor;
    private final Method readJson;
    private final Method writeJson;

    Codec(Class<?> data, short version) throws Exception {
      Class<?> converter = Class.forName(data.getName() + "JsonConverter");
      this.version = version;
      constructor = data.getConstructor(Readable.class, short.class);
      readJson = converter.getMethod("read", JsonNode.class, short.class);
      writeJson = converter.getMethod("write", data, short.class);
    }

    byte[] encode(JsonNode json) throws Exception {
      return bytesOf((Message) readJson.invoke(null, json, version));
    }

    /** The JSON of the bytes, in Kafka's words. It must agree with what was encoded. */
    JsonNode decode(byte[] bytes, JsonNode encoded) throws Exception {
      ByteBufferAccessor source = new ByteBufferAccessor(ByteBuffer.wrap(bytes));
      Message message = (Message) constructor.newInstance(source, version);
      if (source.remaining() > 0) throw new IllegalStateException("bytes left over");
      if (!ByteBuffer.wrap(bytes).equals(ByteBuffer.wrap(bytesOf(message))))
        throw new IllegalStateException("encodes differently the second time");
      JsonNode json = (JsonNode) writeJson.invoke(null, message, version);
      restoreRecords(json, encoded);
      if (!json.toString().equals(encoded.toString()))
        throw new IllegalStateException("wrote " + encoded + "\n  but read " + json);
      return json;
    }

    private byte[] bytesOf(Message message) {
      ByteBuffer buffer = MessageUtil.toByteBufferAccessor(message, version).buffer();
      byte[] bytes = new byte[buffer.remaining()];
      buffer.get(bytes);
      return bytes;
    }

    /** The converters write any records as "", so they are taken from what was encoded. */
    private static void restoreRecords(JsonNode json, JsonNode encoded) {
      if (json instanceof ArrayNode) {
        for (int i = 0; i < json.size(); i++) restoreRecords(json.get(i), encoded.get(i));
      } else if (json instanceof ObjectNode) {
        for (String name : new String[] {"records", "unalignedRecords"})
          if (json.path(name).isBinary()) ((ObjectNode) json).set(name, encoded.get(name));
        for (var entry : json.properties())
          restoreRecords(entry.getValue(), encoded.path(entry.getKey()));
      }
    }
  }

  enum Mode { DEFAULTS, ALL_SET, NULLS_AND_EXTREMES, RANDOM }

  /** Makes up one message by its definition. */
  static class Maker {
    private static final long MAX_SAFE_INTEGER = (1L << 53) - 1;
    // The first of 26 letters that take 1, 2, 3 and 4 bytes in UTF-8. Not spelt out here, since
    // Java 17 reads this file in the charset of the locale.
    private static final int[] ALPHABETS = {'a', 0xE0, 0x4E00, 0x1F600};

    private final JsonNode definition;
    private final int version;
    private final int index;
    private final Mode mode;
    private final Random random;
    private final Set<Object> used = new HashSet<>();
    private boolean high; // whether the last extreme was a maximum

    Maker(JsonNode definition, int version, int index, Random random) {
      this.definition = definition;
      this.version = version;
      this.index = index;
      this.mode = Mode.values()[Math.min(index, 3)];
      this.random = random;
    }

    JsonNode message() {
      return struct(definition.path("fields"), 0, mode);
    }

    /** Only fields of this version: anything else set is an error, unless Kafka may ignore it. */
    private ObjectNode struct(JsonNode fields, int depth, Mode mode) {
      ObjectNode node = JSON.createObjectNode();
      boolean flip = random.nextBoolean();
      int bools = 0;
      for (JsonNode field : fields) {
        if (field.get("type").asText().equals("bool")) bools++;
        JsonNode versions = field.has("versions") ? field.get("versions") : field.get("taggedVersions");
        if (!Versions.of(versions).contain(version)) continue;
        boolean tagged = Versions.of(field.path("taggedVersions")).contain(version);
        JsonNode value = field(field, tagged, bools, flip, depth, mode);
        // As Kafka does it, so that the JSON read back has to be the same to the letter.
        if (tagged && value.equals(defaultOf(field))) continue;
        String name = field.get("name").asText();
        node.set(Character.toLowerCase(name.charAt(0)) + name.substring(1), value);
      }
      return node;
    }

    private JsonNode field(
        JsonNode field, boolean tagged, int bools, boolean flip, int depth, Mode mode) {
      boolean nullable = Versions.of(field.path("nullableVersions")).contain(version);
      if (mode == Mode.DEFAULTS) return defaultOf(field);
      if (mode == Mode.NULLS_AND_EXTREMES && nullable) return NullNode.instance;
      if (mode == Mode.RANDOM && nullable && random.nextInt(4) == 0) return NullNode.instance;
      if (mode == Mode.RANDOM && tagged && random.nextInt(4) == 0) return defaultOf(field);
      String type = field.get("type").asText();
      if (type.equals("bool") && mode == Mode.ALL_SET)
        return BooleanNode.valueOf(!defaultOf(field).booleanValue());
      // Of the bools in a struct no two have the same values in all of three random vectors.
      if (type.equals("bool")) return BooleanNode.valueOf((bools >> index % 3 & 1) == 1 ^ flip);
      if (!type.startsWith("[]")) return value(field, type, depth, mode);

      ArrayNode array = JSON.createArrayNode();
      int size = mode == Mode.RANDOM ? random.nextInt(4) : 1 + random.nextInt(depth == 0 ? 3 : 2);
      boolean small = type.matches("\\[\\](int8|int16|int32)");
      if (mode == Mode.RANDOM && small && random.nextInt(20) == 0) size = 130; // a 2-byte uvarint
      for (int i = 0; i < size; i++) array.add(value(field, type.substring(2), depth + 1, mode));
      return array;
    }

    private JsonNode value(JsonNode field, String type, int depth, Mode mode) {
      switch (type) {
        case "int8":
        case "int16":
        case "int32":
        case "int64":
        case "uint16":
        case "uint32":
          return LongNode.valueOf(integer(field, type, mode));
        case "float64":
          return DoubleNode.valueOf(
              mode == Mode.NULLS_AND_EXTREMES
                  ? ((high = !high) ? Double.MAX_VALUE : -Double.MIN_VALUE)
                  : (random.nextDouble() - 0.5) * Math.pow(10, random.nextInt(30) - 10));
        case "string":
          return TextNode.valueOf(fresh(type, () -> string(mode)));
        case "uuid":
          return TextNode.valueOf(new Uuid(random.nextLong(), random.nextLong()).toString());
        case "bytes":
        case "records":
          String bytes = fresh(type, () -> Base64.getEncoder().encodeToString(bytes(mode)));
          return BinaryNode.valueOf(Base64.getDecoder().decode(bytes));
        default:
          return struct(fieldsOf(field, type), depth, mode);
      }
    }

    private long integer(JsonNode field, String type, Mode mode) {
      int bits = Integer.parseInt(type.replaceAll("\\D", ""));
      boolean signed = !type.startsWith("u");
      long max = (1L << (signed ? bits - 1 : bits)) - 1;
      long min = signed ? -max - 1 : 0;
      boolean full = bits == 64 && isFullInt64(field);
      // Everywhere else kavka keeps an int64 in a number, which holds no more than this.
      if (bits == 64 && !full) max = MAX_SAFE_INTEGER;
      if (bits == 64 && !full) min = -MAX_SAFE_INTEGER;
      if (mode == Mode.NULLS_AND_EXTREMES) {
        high = full ? defaultOf(field).longValue() != max : !high;
        return high ? max : min;
      }
      final long lowest = min;
      final long highest = max;
      return fresh(type, () -> {
        long value = random.nextLong() >> 64 - bits + (full ? 0 : random.nextInt(bits - 7));
        if (bits == 64 && !full) value >>= 10;
        if (!signed) value &= highest;
        boolean mustDiffer = mode == Mode.ALL_SET && value == defaultOf(field).asLong();
        return mustDiffer || value < lowest || value == 0 ? highest - random.nextInt(9) : value;
      });
    }

    private boolean isFullInt64(JsonNode field) {
      String name = field.get("name").asText();
      boolean fetch = definition.get("name").asText().equals("FetchRequest");
      return name.equals("MetadataHash") || fetch && name.equals("HighWatermark");
    }

    private String string(Mode mode) {
      int kind = random.nextInt(32);
      if (kind < 3 && mode == Mode.RANDOM) return "";
      // From 127 bytes on a compact length takes two bytes: bytes, not characters.
      if (kind == 30) return letters(ALPHABETS[0], 130 + random.nextInt(40));
      if (kind == 31) return letters(ALPHABETS[1 + random.nextInt(3)], 66 + random.nextInt(9));
      if (kind < 20) return letters(ALPHABETS[0], 3 + random.nextInt(7));
      StringBuilder mixed = new StringBuilder();
      for (int alphabet : ALPHABETS) mixed.append(letters(alphabet, random.nextInt(3)));
      return mixed + letters(ALPHABETS[1 + random.nextInt(3)], 2);
    }

    private String letters(int alphabet, int length) {
      StringBuilder text = new StringBuilder();
      for (int i = 0; i < length; i++) text.appendCodePoint(alphabet + random.nextInt(26));
      return text.toString();
    }

    private byte[] bytes(Mode mode) {
      boolean empty = mode == Mode.RANDOM && random.nextInt(8) == 0;
      boolean large = random.nextInt(16) == 0;
      byte[] bytes = new byte[empty ? 0 : (large ? 130 : 4) + random.nextInt(20)];
      random.nextBytes(bytes);
      return bytes;
    }

    /** A value no other field of its type has, so that two fields mixed up show. */
    private <T> T fresh(String type, Supplier<T> make) {
      T value = make.get();
      if (mode == Mode.NULLS_AND_EXTREMES) return value;
      for (int i = 0; i < 50 && used.contains(type + value); i++) value = make.get(); // int8 runs out
      used.add(type + value);
      return value;
    }

    private JsonNode defaultOf(JsonNode field) {
      String type = field.get("type").asText();
      // A bare null in a definition means that there is no default; "null" means null.
      JsonNode given = field.path("default");
      String text = given.isValueNode() && !given.isNull() ? given.asText() : "";
      if (text.equals("null")) return NullNode.instance;
      if (type.startsWith("[]")) return JSON.createArrayNode();
      if (type.equals("bool")) return BooleanNode.valueOf(text.equalsIgnoreCase("true"));
      if (type.matches("u?int\\d+")) return LongNode.valueOf(text.isEmpty() ? 0 : Long.decode(text));
      if (type.equals("float64")) return DoubleNode.valueOf(text.isEmpty() ? 0 : Double.parseDouble(text));
      if (type.equals("string")) return TextNode.valueOf(text);
      if (type.equals("uuid")) return TextNode.valueOf(text.isEmpty() ? Uuid.ZERO_UUID.toString() : text);
      if (type.equals("bytes") || type.equals("records")) return BinaryNode.valueOf(new byte[0]);
      return struct(fieldsOf(field, type), 0, Mode.DEFAULTS);
    }

    private JsonNode fieldsOf(JsonNode field, String type) {
      if (field.has("fields")) return field.get("fields");
      for (JsonNode struct : definition.path("commonStructs"))
        if (struct.get("name").asText().equals(type)) return struct.get("fields");
      throw new IllegalStateException("no struct " + type);
    }
  }

  /** A range of versions as the definitions write it: "3", "0-4", "2+" or "none". */
  static class Versions {
    final int lowest;
    final int highest;

    private Versions(int lowest, int highest) {
      this.lowest = lowest;
      this.highest = highest;
    }

    static Versions of(JsonNode node) {
      String text = node.asText();
      if (text.isEmpty() || text.equals("none")) return new Versions(0, -1);
      if (text.endsWith("+"))
        return new Versions(Integer.parseInt(text.replace("+", "")), Short.MAX_VALUE);
      String[] ends = text.split("-");
      return new Versions(Integer.parseInt(ends[0]), Integer.parseInt(ends[ends.length - 1]));
    }

    boolean contain(int version) {
      return lowest <= version && version <= highest;
    }
  }
}
