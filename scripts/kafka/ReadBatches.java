import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;

/**
 * Reads batches as Kafka's consumer does: `java -cp 'libs/*' ReadBatches.java FILE`, with a batch in
 * base64 on each line of the file. Prints for each, in their order, an array of its records as
 * Batches.java prints them, or why Kafka does not take it.
 */
public class ReadBatches {
  public static void main(String[] args) throws Exception {
    List<Object> read = new ArrayList<>();
    for (String line : Files.readAllLines(Path.of(args[0])))
      read.add(read(Base64.getDecoder().decode(line)));
    System.out.println(new ObjectMapper().writeValueAsString(read));
  }

  private static Object read(byte[] bytes) {
    List<Object> records = new ArrayList<>();
    try {
      for (MutableRecordBatch batch : MemoryRecords.readableRecords(ByteBuffer.wrap(bytes)).batches()) {
        batch.ensureValid();
        for (Record record : batch) {
          record.ensureValid();
          records.add(recordOf(record));
        }
      }
    } catch (RuntimeException e) {
      return e.toString() + (e.getCause() == null ? "" : ": " + e.getCause());
    }
    return records;
  }

  private static Map<String, Object> recordOf(Record record) {
    List<Object> headers = new ArrayList<>();
    for (Header header : record.headers())
      headers.add(Arrays.asList(header.key(), base64(header.value())));
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("offset", record.offset());
    json.put("timestamp", record.timestamp());
    json.put("key", base64(bytes(record.key())));
    json.put("value", base64(bytes(record.value())));
    json.put("headers", headers);
    return json;
  }

  private static byte[] bytes(ByteBuffer buffer) {
    if (buffer == null) return null;
    byte[] bytes = new byte[buffer.remaining()];
    buffer.duplicate().get(bytes);
    return bytes;
  }

  private static String base64(byte[] bytes) {
    return bytes == null ? null : Base64.getEncoder().encodeToString(bytes);
  }
}
