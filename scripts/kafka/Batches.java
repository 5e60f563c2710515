import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.DefaultRecordBatch;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.utils.ByteBufferOutputStream;

/**
 * Prints record batches as Kafka's own code builds them, with what Kafka reads from them, as one
 * JSON array: `java -cp 'libs/*' Batches.java`. Bytes are base64 or null.
 *
 * A large batch does not list its records but says `{"generator":"record-i","count":N}`: record i
 * has offset baseOffset + i, timestamp baseTimestamp + i, key "key-" + i, no headers, and as value
 * "value-" + i + "-" repeated and cut off after 100 characters.
 */
public class Batches {
  static final long TIMESTAMP = 1_700_000_000_000L;
  static final long BASE_OFFSET = 1_000;
  static final int LEADER_EPOCH = 7;
  static final long PRODUCER_ID = 4_000_000_001L; // more than 32 bits
  static final short PRODUCER_EPOCH = 3;
  static final byte[] EMPTY = new byte[0];
  static final ObjectMapper JSON = new ObjectMapper();
  static final List<String> fixtures = new ArrayList<>();

  public static void main(String[] args) throws Exception {
    for (CompressionType type : CompressionType.values()) {
      add("small-" + type.name, build(type, fewRecords()));
      // Kafka's snappy blocks hold 32 KB and its lz4 blocks 64 KB, so this makes several of both.
      if (type != CompressionType.NONE) addLarge("large-" + type.name, type, 1_800);
    }
    // What does not get smaller: lz4 stores such a block as it is.
    byte[] noise = new byte[2_000];
    new Random(1).nextBytes(noise);
    for (CompressionType type : CompressionType.values())
      if (type != CompressionType.NONE)
        add("incompressible-" + type.name, build(type, new SimpleRecord(TIMESTAMP, null, noise)));

    add("idempotent", MemoryRecords.withIdempotentRecords(
        BASE_OFFSET, Compression.NONE, PRODUCER_ID, PRODUCER_EPOCH, 41, LEADER_EPOCH, fewRecords()));
    add("transactional", MemoryRecords.withTransactionalRecords(
        BASE_OFFSET, Compression.NONE, PRODUCER_ID, PRODUCER_EPOCH, Integer.MAX_VALUE, LEADER_EPOCH,
        fewRecords()));
    for (ControlRecordType type : List.of(ControlRecordType.COMMIT, ControlRecordType.ABORT))
      add("control-" + type.name().toLowerCase(), MemoryRecords.withEndTransactionMarker(
          BASE_OFFSET, TIMESTAMP, LEADER_EPOCH, PRODUCER_ID, PRODUCER_EPOCH,
          new EndTransactionMarker(type, 12)));
    add("log-append-time", logAppendTime(CompressionType.NONE));
    add("log-append-time-gzip", logAppendTime(CompressionType.GZIP));
    add("offset-gaps", offsetGaps());
    add("delete-horizon", deleteHorizon());
    add("empty", emptyHeader(false, false));
    add("empty-transactional", emptyHeader(true, false));
    add("empty-control", emptyHeader(true, true));
    for (byte magic : new byte[] {0, 1})
      for (CompressionType type : List.of(CompressionType.NONE, CompressionType.GZIP))
        add("magic-" + magic + "-" + type.name, MemoryRecords.withRecords(
            magic, BASE_OFFSET, Compression.of(type).build(), TimestampType.CREATE_TIME,
            new SimpleRecord(TIMESTAMP, bytes("k0"), bytes("v0")),
            new SimpleRecord(TIMESTAMP + 1, null, bytes("v1"))));

    PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), false, "UTF-8");
    out.print("[\n" + String.join(",\n", fixtures) + "\n]\n");
    out.close();
  }

  private static SimpleRecord[] fewRecords() {
    return new SimpleRecord[] {
      new SimpleRecord(TIMESTAMP, bytes("k0"), bytes("v0")),
      new SimpleRecord(TIMESTAMP + 250, null, bytes("no key")),
      new SimpleRecord(TIMESTAMP - 70_000, bytes("earlier than the first"), bytes("v2")),
      new SimpleRecord(TIMESTAMP + 5, bytes("no value"), null),
      new SimpleRecord(TIMESTAMP + 6, EMPTY, EMPTY),
      new SimpleRecord(TIMESTAMP + 7_000_000_000L, bytes("\u043a\u043b\u044e\u0447"), bytes("v5"), new Header[] {
        new RecordHeader("h", bytes("one")),
        new RecordHeader("h", bytes("the same key again")),
        new RecordHeader("null", (byte[]) null),
        new RecordHeader("empty", EMPTY),
        new RecordHeader("", bytes("no header key")),
        new RecordHeader("schl\u00fcssel-\ud83d\udd11", new byte[] {0, -1, (byte) 0x80}),
      }),
      new SimpleRecord(TIMESTAMP + 8, bytes("a length of two bytes"), bytes("x".repeat(200))),
    };
  }

  private static MemoryRecords build(CompressionType type, SimpleRecord... records) {
    return MemoryRecords.withRecords(
        BASE_OFFSET, Compression.of(type).build(), LEADER_EPOCH, records);
  }

  private static MemoryRecords logAppendTime(CompressionType type) {
    try (MemoryRecordsBuilder builder = MemoryRecords.builder(
        ByteBuffer.allocate(4_096), RecordBatch.CURRENT_MAGIC_VALUE, Compression.of(type).build(),
        TimestampType.LOG_APPEND_TIME, BASE_OFFSET, TIMESTAMP + 99_000, LEADER_EPOCH)) {
      for (SimpleRecord record : fewRecords()) builder.append(record);
      return builder.build();
    }
  }

  /** As compaction leaves a batch: records are missing in the middle and at both ends. */
  private static MemoryRecords offsetGaps() {
    try (MemoryRecordsBuilder builder = MemoryRecords.builder(
        ByteBuffer.allocate(4_096), RecordBatch.CURRENT_MAGIC_VALUE, Compression.NONE,
        TimestampType.CREATE_TIME, BASE_OFFSET, RecordBatch.NO_TIMESTAMP, PRODUCER_ID,
        PRODUCER_EPOCH, 500, false, LEADER_EPOCH)) {
      int offsetDelta = 1;
      for (SimpleRecord record : fewRecords())
        builder.appendWithOffset(BASE_OFFSET + (offsetDelta *= 3), record);
      builder.overrideLastOffset(BASE_OFFSET + 10_000);
      return builder.build();
    }
  }

  /** KIP-534: the base timestamp says when the cleaner may remove the tombstones. */
  private static MemoryRecords deleteHorizon() {
    try (MemoryRecordsBuilder builder = new MemoryRecordsBuilder(
        new ByteBufferOutputStream(4_096), RecordBatch.CURRENT_MAGIC_VALUE, Compression.NONE,
        TimestampType.CREATE_TIME, BASE_OFFSET, RecordBatch.NO_TIMESTAMP,
        RecordBatch.NO_PRODUCER_ID, RecordBatch.NO_PRODUCER_EPOCH, RecordBatch.NO_SEQUENCE, false,
        false, LEADER_EPOCH, 4_096, TIMESTAMP + 86_400_000)) {
      for (SimpleRecord record : fewRecords()) builder.append(record);
      return builder.build();
    }
  }

  /** The cleaner keeps the header alone of a producer's last batch, for its sequence number. */
  private static MemoryRecords emptyHeader(boolean transactional, boolean control) {
    ByteBuffer buffer = ByteBuffer.allocate(DefaultRecordBatch.RECORD_BATCH_OVERHEAD);
    DefaultRecordBatch.writeEmptyHeader(
        buffer, RecordBatch.CURRENT_MAGIC_VALUE, PRODUCER_ID, PRODUCER_EPOCH,
        control ? RecordBatch.NO_SEQUENCE : 41, BASE_OFFSET, BASE_OFFSET + 9, LEADER_EPOCH,
        TimestampType.CREATE_TIME, TIMESTAMP, transactional, control);
    buffer.flip();
    return MemoryRecords.readableRecords(buffer);
  }

  private static void addLarge(String name, CompressionType type, int count) throws Exception {
    SimpleRecord[] records = new SimpleRecord[count];
    for (int i = 0; i < count; i++) {
      String value = ("value-" + i + "-").repeat(100).substring(0, 100);
      records[i] = new SimpleRecord(TIMESTAMP + i, bytes("key-" + i), bytes(value));
    }
    MemoryRecords built = build(type, records);
    List<Object> read = recordsOf(built);
    if (read.size() != count) throw new IllegalStateException(name + ": " + read.size());
    for (int i = 0; i < count; i++) {
      Object expected = record(BASE_OFFSET + i, records[i]);
      if (!read.get(i).equals(expected)) throw new IllegalStateException(name + ": " + read.get(i));
    }
    Map<String, Object> rule = new LinkedHashMap<>();
    rule.put("generator", "record-i");
    rule.put("count", count);
    add(name, built, rule);
  }

  private static void add(String name, MemoryRecords records) throws Exception {
    add(name, records, recordsOf(records));
  }

  private static void add(String name, MemoryRecords memory, Object records) throws Exception {
    RecordBatch batch = memory.batches().iterator().next();
    Map<String, Object> fixture = new LinkedHashMap<>();
    fixture.put("name", name);
    fixture.put("magic", batch.magic());
    fixture.put("compression", batch.compressionType().name);
    if (batch.magic() == RecordBatch.CURRENT_MAGIC_VALUE) {
      batch.ensureValid();
      if (batch.sizeInBytes() != memory.sizeInBytes()) throw new IllegalStateException(name);
      fixture.put("baseOffset", batch.baseOffset());
      fixture.put("partitionLeaderEpoch", batch.partitionLeaderEpoch());
      fixture.put("crc", batch.checksum());
      fixture.put("attributes", memory.buffer().getShort(21));
      fixture.put("isTransactional", batch.isTransactional());
      fixture.put("isControl", batch.isControlBatch());
      fixture.put("timestampType", batch.timestampType().name);
      fixture.put("lastOffsetDelta", batch.lastOffset() - batch.baseOffset());
      fixture.put("baseTimestamp", ((DefaultRecordBatch) batch).baseTimestamp());
      fixture.put("maxTimestamp", batch.maxTimestamp());
      fixture.put("deleteHorizonMs",
          batch.deleteHorizonMs().isPresent() ? batch.deleteHorizonMs().getAsLong() : null);
      fixture.put("producerId", batch.producerId());
      fixture.put("producerEpoch", batch.producerEpoch());
      fixture.put("baseSequence", batch.baseSequence());
      fixture.put("lastSequence", batch.lastSequence());
      fixture.put("count", batch.countOrNull());
    }
    fixture.put("records", records);
    fixture.put("base64", base64(memory.buffer()));
    fixtures.add(JSON.writeValueAsString(fixture));
  }

  private static List<Object> recordsOf(MemoryRecords memory) {
    List<Object> records = new ArrayList<>();
    for (RecordBatch batch : memory.batches())
      for (Record record : batch) {
        SimpleRecord simple = new SimpleRecord(record);
        records.add(record(record.offset(), simple));
      }
    return records;
  }

  private static Map<String, Object> record(long offset, SimpleRecord record) {
    List<Object> headers = new ArrayList<>();
    for (Header header : record.headers()) {
      byte[] value = header.value();
      headers.add(Arrays.asList(header.key(), value == null ? null : base64(ByteBuffer.wrap(value))));
    }
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("offset", offset);
    json.put("timestamp", record.timestamp());
    json.put("key", base64(record.key()));
    json.put("value", base64(record.value()));
    json.put("headers", headers);
    return json;
  }

  private static String base64(ByteBuffer buffer) {
    if (buffer == null) return null;
    byte[] bytes = new byte[buffer.remaining()];
    buffer.duplicate().get(bytes);
    return Base64.getEncoder().encodeToString(bytes);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
