import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Fills topics of a running Kafka in every way that shows in its files, and prints what its consumer
 * then sees: `java -cp 'libs/*' WriteLogs.java HOST:PORT`. One JSON object by topic; bytes are base64
 * or null. One transaction is still open at the end.
 */
public class WriteLogs {
  static final long TIMESTAMP = 1_700_000_000_000L;
  static final ObjectMapper JSON = new ObjectMapper();
  static final Map<String, Map<String, String>> topics = new LinkedHashMap<>();
  static String servers;
  static int sent = 0;

  public static void main(String[] args) throws Exception {
    servers = args[0];
    List<String> codecs = List.of("none", "gzip", "snappy", "lz4", "zstd");
    for (String codec : codecs) topic(codec);
    topic("idempotent");
    topic("log-append-time", "message.timestamp.type", "LogAppendTime");
    topic("records-deleted");
    topic("transactional");
    topic("compacted", "cleanup.policy", "compact", "min.cleanable.dirty.ratio", "0.01");

    try (Admin admin = Admin.create(Map.of("bootstrap.servers", servers))) {
      List<NewTopic> all = new ArrayList<>();
      topics.forEach((name, configs) -> all.add(new NewTopic(name, 1, (short) 1).configs(configs)));
      admin.createTopics(all).all().get();

      for (String codec : codecs)
        try (var producer = producer("compression.type", codec)) {
          sendBatches(producer, codec, 24);
        }
      try (var producer = producer("enable.idempotence", "true", "acks", "all")) {
        sendBatches(producer, "idempotent", 24);
      }
      try (var producer = producer()) {
        sendBatches(producer, "log-append-time", 24);
        sendBatches(producer, "records-deleted", 24);
        admin.deleteRecords(Map.of(partition("records-deleted"), RecordsToDelete.beforeOffset(50))).all().get();
      }
      compact();
      transact();
    }

    Map<String, Object> seen = new LinkedHashMap<>();
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", servers))) {
      for (String topic : topics.keySet()) seen.put(topic, consume(topic, admin));
    }
    System.out.println(JSON.writeValueAsString(seen));
    System.out.flush();
    Runtime.getRuntime().halt(0); // closing a producer would abort its transaction
  }

  /** Segments of about ten batches, with an entry of the index for every other one. */
  private static void topic(String name, String... configs) {
    Map<String, String> all = new LinkedHashMap<>();
    all.put("internal.segment.bytes", "3000");
    all.put("index.interval.bytes", "400");
    all.put("retention.ms", "-1");
    for (int i = 0; i < configs.length; i += 2) all.put(configs[i], configs[i + 1]);
    topics.put(name, all);
  }

  private static KafkaProducer<byte[], byte[]> producer(String... configs) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("bootstrap.servers", servers);
    all.put("enable.idempotence", "false");
    all.put("acks", "1");
    all.put("linger.ms", "10000"); // a batch is what is flushed
    for (int i = 0; i < configs.length; i += 2) all.put(configs[i], configs[i + 1]);
    return new KafkaProducer<>(all, new ByteArraySerializer(), new ByteArraySerializer());
  }

  private static KafkaProducer<byte[], byte[]> transactionalProducer(String id) {
    var producer = producer("enable.idempotence", "true", "acks", "all", "transactional.id", id);
    producer.initTransactions();
    return producer;
  }

  private static void sendBatches(KafkaProducer<byte[], byte[]> producer, String topic, int count) {
    for (int i = 0; i < count; i++) sendBatch(producer, topic, 1 + i % 7);
  }

  /** Records of every kind, whose timestamps do not always rise. */
  private static void sendBatch(KafkaProducer<byte[], byte[]> producer, String topic, int count) {
    for (int i = 0; i < count; i++) {
      int number = sent++;
      long timestamp = TIMESTAMP + number * 10L - (number % 9 == 4 ? 300 : 0);
      byte[] key = number % 5 == 0 ? null : bytes("key-" + number);
      byte[] value = number % 11 == 10 ? null : bytes(("value-" + number + "-").repeat(1 + number % 6));
      var record = new ProducerRecord<>(topic, 0, timestamp, key, value);
      if (number % 8 == 3) record.headers().add("h", bytes("header-" + number)).add("null", null);
      producer.send(record);
    }
    producer.flush();
  }

  /** Committed and aborted ones that overlap, over several segments; the last one stays open. */
  private static void transact() {
    var one = transactionalProducer("one");
    var two = transactionalProducer("two");
    for (int i = 0; i < 4; i++) {
      one.beginTransaction();
      two.beginTransaction();
      sendBatches(one, "transactional", 4);
      sendBatches(two, "transactional", 4);
      if (i % 2 == 0) one.commitTransaction();
      else one.abortTransaction();
      if (i < 2) two.abortTransaction();
      else two.commitTransaction();
    }
    var open = transactionalProducer("open");
    open.beginTransaction();
    sendBatches(open, "transactional", 2);
    one.beginTransaction();
    sendBatches(one, "transactional", 2);
    one.abortTransaction();
    try (var plain = producer()) {
      sendBatches(plain, "transactional", 2);
    }
  }

  /** Keys that come again, some as tombstones, and what transactions leave when it is compacted. */
  private static void compact() throws Exception {
    try (var producer = transactionalProducer("compacted")) {
      for (int i = 0; i < 4; i++) {
        producer.beginTransaction();
        sendKeys(producer, "in-transaction", i, 3);
        if (i % 2 == 0) producer.commitTransaction();
        else producer.abortTransaction();
      }
    }
    try (var producer = producer("enable.idempotence", "true", "acks", "all")) {
      for (int i = 0; i < 40; i++) sendKeys(producer, "key", i, 5);
    }
    for (int tries = 0; tries < 150; tries++) {
      List<Object> left = read("compacted", "read_uncommitted").records;
      if (left.size() < 120) return;
      Thread.sleep(100);
    }
    throw new IllegalStateException("nothing was compacted");
  }

  private static void sendKeys(KafkaProducer<byte[], byte[]> producer, String prefix, int round, int count) {
    for (int i = 0; i < count; i++) {
      byte[] key = bytes(prefix + "-" + (round * 3 + i) % 17);
      byte[] value = (round + i) % 6 == 5 ? null : bytes("round-" + round + "-" + i);
      producer.send(new ProducerRecord<>("compacted", 0, TIMESTAMP + sent++ * 10L, key, value));
    }
    producer.flush();
  }

  // What the consumer sees

  private record Read(List<Object> records, List<Long> offsets, List<Long> timestamps, long start, long end) {}

  private static Object consume(String topic, Admin admin) throws Exception {
    Read all = read(topic, "read_uncommitted");
    Read committed = read(topic, "read_committed");
    Map<String, Object> seen = new LinkedHashMap<>();
    seen.put("logStartOffset", all.start);
    seen.put("highWatermark", all.end);
    seen.put("lastStableOffset", committed.end);
    seen.put("committedOffsets", committed.offsets);
    seen.put("byTimestamp", byTimestamp(topic, all.timestamps, admin));
    seen.put("maxTimestamp", listOffset(topic, OffsetSpec.maxTimestamp(), admin));
    seen.put("records", all.records);
    return seen;
  }

  /** What ListOffsets says to some timestamps of records, and to those next to them. */
  private static Object byTimestamp(String topic, List<Long> timestamps, Admin admin) throws Exception {
    List<Object> answers = new ArrayList<>();
    for (int i = 0; i < timestamps.size(); i += 7)
      for (long timestamp : List.of(timestamps.get(i) - 1, timestamps.get(i), timestamps.get(i) + 1))
        answers.add(Arrays.asList(timestamp, listOffset(topic, OffsetSpec.forTimestamp(timestamp), admin)));
    return answers;
  }

  /** Offset and timestamp, both -1 where there is no such record. */
  private static Object listOffset(String topic, OffsetSpec spec, Admin admin) throws Exception {
    var found = admin.listOffsets(Map.of(partition(topic), spec)).partitionResult(partition(topic)).get();
    return Arrays.asList(found.offset(), found.timestamp());
  }

  private static Read read(String topic, String isolation) {
    Map<String, Object> configs = new LinkedHashMap<>();
    configs.put("bootstrap.servers", servers);
    configs.put("isolation.level", isolation);
    configs.put("fetch.max.wait.ms", 10);
    try (var consumer = new KafkaConsumer<>(configs, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      TopicPartition partition = partition(topic);
      consumer.assign(List.of(partition));
      consumer.seekToBeginning(List.of(partition));
      long start = consumer.position(partition);
      long end = consumer.endOffsets(List.of(partition)).get(partition);
      Read read = new Read(new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), start, end);
      while (consumer.position(partition) < end)
        for (var record : consumer.poll(Duration.ofMillis(200))) {
          read.records.add(json(record));
          read.offsets.add(record.offset());
          read.timestamps.add(record.timestamp());
        }
      return read;
    }
  }

  private static Object json(ConsumerRecord<byte[], byte[]> record) {
    List<Object> headers = new ArrayList<>();
    for (Header header : record.headers()) headers.add(Arrays.asList(header.key(), base64(header.value())));
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("offset", record.offset());
    json.put("timestamp", record.timestamp());
    json.put("key", base64(record.key()));
    json.put("value", base64(record.value()));
    json.put("headers", headers);
    return json;
  }

  private static TopicPartition partition(String topic) {
    return new TopicPartition(topic, 0);
  }

  private static String base64(byte[] bytes) {
    return bytes == null ? null : Base64.getEncoder().encodeToString(bytes);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
