import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.ScheduledFuture;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.properties.MetaProperties;
import org.apache.kafka.metadata.properties.MetaPropertiesVersion;
import org.apache.kafka.metadata.properties.PropertiesUtils;
import org.apache.kafka.server.util.Scheduler;
import org.apache.kafka.storage.internals.checkpoint.CleanShutdownFileHandler;
import org.apache.kafka.storage.internals.checkpoint.LeaderEpochCheckpointFile;
import org.apache.kafka.storage.internals.checkpoint.OffsetCheckpointFile;
import org.apache.kafka.storage.internals.checkpoint.PartitionMetadataFile;
import org.apache.kafka.storage.internals.epoch.LeaderEpochFileCache;
import org.apache.kafka.storage.internals.log.AbortedTxn;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.apache.kafka.storage.internals.log.BatchMetadata;
import org.apache.kafka.storage.internals.log.CompletedTxn;
import org.apache.kafka.storage.internals.log.EpochEntry;
import org.apache.kafka.storage.internals.log.LogDirFailureChannel;
import org.apache.kafka.storage.internals.log.ProducerAppendInfo;
import org.apache.kafka.storage.internals.log.ProducerStateEntry;
import org.apache.kafka.storage.internals.log.ProducerStateManager;
import org.apache.kafka.storage.internals.log.ProducerStateManagerConfig;
import org.apache.kafka.storage.internals.log.TransactionIndex;
import org.apache.kafka.storage.internals.log.VerificationStateEntry;

/**
 * Prints the small files of a log directory as Kafka's own classes write them, and what those
 * classes answer to random calls, as one JSON object: `java -cp 'libs/*' Snapshots.java [runs]`.
 * Bytes are base64. The same every time but for the date in meta.properties.
 */
public class Snapshots {
  static final long TIMESTAMP = 1_700_000_000_000L;
  static final int EXPIRATION_MS = 86_400_000;
  static final TopicPartition PARTITION = new TopicPartition("orders", 3);
  static final ObjectMapper JSON = new ObjectMapper();
  static final LogDirFailureChannel FAILURES = new LogDirFailureChannel(1);
  static Path root;

  public static void main(String[] args) throws Exception {
    int runs = args.length > 0 ? Integer.parseInt(args[0]) : 12;
    root = Files.createTempDirectory("kavka-snapshots");
    Map<String, Object> all = new LinkedHashMap<>();
    try {
      all.put("producerSnapshots", producerSnapshots());
      all.put("producerRuns", producerRuns(runs));
      all.put("leaderEpochRuns", leaderEpochRuns(runs));
      all.put("transactionIndexes", transactionIndexes());
      all.put("offsetCheckpoints", offsetCheckpoints());
      all.put("partitionMetadata", partitionMetadata());
      all.put("metaProperties", metaProperties());
      all.put("cleanShutdown", cleanShutdown());
    } finally {
      try (Stream<Path> paths = Files.walk(root)) {
        paths.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
      }
    }
    PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), false, "UTF-8");
    List<String> parts = new ArrayList<>();
    for (Map.Entry<String, Object> part : all.entrySet()) {
      List<String> lines = new ArrayList<>();
      for (Object entry : (List<?>) part.getValue()) lines.add(JSON.writeValueAsString(entry));
      parts.add(JSON.writeValueAsString(part.getKey()) + ": [\n" + String.join(",\n", lines) + "\n]");
    }
    out.print("{\n" + String.join(",\n", parts) + "\n}\n");
    out.close();
  }

  // Producers

  private static List<Object> producerSnapshots() throws Exception {
    List<Object> result = new ArrayList<>();
    result.add(producerSnapshot("empty", List.of()));

    ProducerStateEntry idle = new ProducerStateEntry(1, (short) 0, -1, TIMESTAMP, OptionalLong.empty());
    ProducerStateEntry marked = new ProducerStateEntry(
        4_000_000_001L, (short) 7, 12, TIMESTAMP + 1, OptionalLong.empty());
    result.add(producerSnapshot("without-batches", List.of(idle, marked)));

    ProducerStateManager manager = newManager();
    long offset = 1_000;
    for (int i = 0; i < 7; i++, offset += 3) append(manager, data(11, 2, 3 * i, 3, offset, TIMESTAMP + i, false));
    append(manager, data(12, 0, Integer.MAX_VALUE - 1, 4, offset, TIMESTAMP, true));
    offset += 4;
    append(manager, data(9_007_199_254_740_991L, Short.MAX_VALUE, 0, 1, offset, -1, false));
    offset += 1;
    append(manager, data(13, 5, 0, 10, 5_000_000_000L, TIMESTAMP, true));
    result.add(producerSnapshot("batches-and-transactions", manager.activeProducers().values()));
    return result;
  }

  private static Object producerSnapshot(String name, Iterable<ProducerStateEntry> entries) throws Exception {
    Map<Long, ProducerStateEntry> map = new LinkedHashMap<>();
    for (ProducerStateEntry entry : entries) map.put(entry.producerId(), entry);
    File file = newFile();
    ProducerStateManager.writeSnapshot(file, map, false);
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", name);
    json.put("base64", contents(file));
    json.put("producers", describe(ProducerStateManager.readSnapshot(file)));
    return json;
  }

  /** As DescribeProducers has them. */
  private static List<Object> describe(Iterable<ProducerStateEntry> entries) throws Exception {
    List<Object> result = new ArrayList<>();
    for (ProducerStateEntry entry : entries) {
      BatchMetadata last = null;
      for (BatchMetadata batch : entry.batchMetadata()) last = batch;
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("producerId", entry.producerId());
      json.put("producerEpoch", entry.producerEpoch());
      json.put("lastSequence", last == null ? -1 : last.lastSeq());
      json.put("lastOffset", entry.lastDataOffset());
      json.put("offsetDelta", last == null ? 0 : last.offsetDelta());
      json.put("lastTimestamp", entry.lastTimestamp());
      json.put("coordinatorEpoch", entry.coordinatorEpoch());
      json.put("currentTransactionFirstOffset", entry.currentTxnFirstOffset().orElse(-1));
      result.add(json);
    }
    return result;
  }

  private static List<Object> producerRuns(int count) throws Exception {
    List<Object> runs = new ArrayList<>();
    for (int seed = 1; seed <= count; seed++) runs.add(producerRun(seed));
    return runs;
  }

  /** What a broker of one partition does, with mistakes of every kind in between. */
  private static Object producerRun(int seed) throws Exception {
    Random random = new Random(seed);
    ProducerStateManager manager = newManager();
    List<Object> steps = new ArrayList<>();
    long offset = 0;
    long highWatermark = 0;
    int[] nextSequence = {0, Integer.MAX_VALUE - 4, 0, 70};
    int[] epochs = {0, 0, 3, 0};
    List<int[]> sent = new ArrayList<>();
    for (int step = 0; step < 70; step++) {
      Map<String, Object> json = new LinkedHashMap<>();
      int producer = random.nextInt(4);
      int epoch = epochs[producer];
      int kind = random.nextInt(100);
      if (kind < 72) {
        int sequence = nextSequence[producer];
        int count = 1 + random.nextInt(3);
        String origin = "client";
        boolean transactional = manager.lastEntry(producer)
            .map(entry -> entry.currentTxnFirstOffset().isPresent()).orElse(false);
        int[] verification = null;
        switch (random.nextInt(14)) {
          case 0: sequence += 1 + random.nextInt(3); break;
          case 1: sequence = 0; break;
          case 2: case 3: case 4: // one that was sent before
            if (sent.isEmpty()) break;
            int[] again = sent.get(Math.max(0, sent.size() - 1 - random.nextInt(12)));
            producer = again[0]; epoch = again[1]; sequence = again[2]; count = again[3];
            transactional = again[4] == 1;
            break;
          case 5: epoch = Math.max(0, epoch - 1); break;
          case 6: epoch += 1; sequence = 0; break;
          case 7: epoch += 1; break;
          case 8: transactional = !transactional; break;
          case 9: case 10: transactional = true; break;
          case 11: origin = "coordinator"; sequence = 0; break; // as it writes offsets
          case 12: verification = new int[] {sequence - 1 + random.nextInt(3), random.nextInt(2)}; break;
          default:
        }
        if (sequence < 0) sequence = 0; // it went beyond the largest
        // Our follower takes a plain write within a transaction; Kafka's throws. See producer-checks.ts.
        boolean open = manager.lastEntry(producer)
            .map(entry -> entry.currentTxnFirstOffset().isPresent()).orElse(false);
        if (origin.equals("client") && random.nextInt(12) == 0 && (transactional || !open)) origin = "replication";
        if (origin.equals("replication")) verification = null;

        long timestamp = TIMESTAMP + step * 1_000L;
        json.put("do", "append");
        json.put("origin", origin);
        json.put("producerId", producer);
        json.put("producerEpoch", epoch);
        json.put("baseSequence", sequence);
        json.put("lastOffsetDelta", count - 1);
        json.put("isTransactional", transactional);
        json.put("baseOffset", offset);
        json.put("maxTimestamp", timestamp);
        if (verification != null) {
          VerificationStateEntry entry = manager.maybeCreateVerificationStateEntry(
              producer, verification[0], (short) epoch, verification[1] == 1);
          json.put("verification", object(
              "lowestSequence", entry.lowestSequence(), "supportsEpochBump", entry.supportsEpochBump()));
        }
        RecordBatch batch = data(producer, epoch, sequence, count, offset, timestamp, transactional);
        try {
          Object duplicate = origin.equals("client") ? duplicateOf(manager, batch) : null;
          if (duplicate != null) {
            json.put("duplicate", duplicate);
          } else {
            ProducerAppendInfo info = manager.prepareUpdate(producer, AppendOrigin.valueOf(origin.toUpperCase()));
            info.append(batch, Optional.empty());
            manager.update(info);
            offset += count;
            manager.updateMapEndOffset(offset);
            sent.add(new int[] {producer, epoch, sequence, count, transactional ? 1 : 0});
            epochs[producer] = epoch;
            nextSequence[producer] = (int) ((sequence + (long) count) % (1L << 31));
          }
        } catch (ApiException e) {
          json.put("error", Errors.forException(e).name());
        }
        manager.clearVerificationStateEntry(producer);
      } else if (kind < 90) {
        int transactionVersion = random.nextInt(3);
        int coordinatorEpoch = 5 + step / 20 - (random.nextInt(8) == 0 ? 1 : 0);
        ControlRecordType type = random.nextBoolean() ? ControlRecordType.ABORT : ControlRecordType.COMMIT;
        String origin = random.nextInt(6) == 0 ? "replication" : "coordinator";
        switch (random.nextInt(8)) {
          case 0: epoch = Math.max(0, epoch - 1); break;
          case 1: epoch = Short.MAX_VALUE; break;
          case 2: case 3: case 4: epoch += transactionVersion >= 2 ? 1 : 0; break;
          default:
        }
        json.put("do", "end");
        json.put("origin", origin);
        json.put("transactionVersion", transactionVersion);
        json.put("producerId", producer);
        json.put("producerEpoch", epoch);
        json.put("coordinatorEpoch", coordinatorEpoch);
        json.put("type", type.name().toLowerCase());
        json.put("offset", offset);
        json.put("timestamp", TIMESTAMP + step * 1_000L);
        RecordBatch batch = MemoryRecords.withEndTransactionMarker(
            offset, TIMESTAMP + step * 1_000L, 0, producer, (short) epoch,
            new EndTransactionMarker(type, coordinatorEpoch)).batches().iterator().next();
        try {
          ProducerAppendInfo info = manager.prepareUpdate(producer, AppendOrigin.valueOf(origin.toUpperCase()));
          short version = origin.equals("replication") ? -1 : (short) transactionVersion;
          Optional<CompletedTxn> completed = info.append(batch, Optional.empty(), version);
          manager.update(info);
          if (completed.isPresent()) {
            CompletedTxn transaction = completed.get();
            Map<String, Object> told = new LinkedHashMap<>();
            told.put("producerId", transaction.producerId());
            told.put("firstOffset", transaction.firstOffset());
            told.put("lastOffset", transaction.lastOffset());
            told.put("lastStableOffset", manager.lastStableOffset(transaction));
            told.put("isAborted", transaction.isAborted());
            json.put("completed", told);
            manager.completeTxn(transaction);
          }
          offset += 1;
          manager.updateMapEndOffset(offset);
          if (epoch != epochs[producer]) nextSequence[producer] = 0;
          epochs[producer] = epoch == Short.MAX_VALUE ? epochs[producer] : epoch;
        } catch (ApiException e) {
          json.put("error", Errors.forException(e).name());
        }
      } else if (kind < 98) {
        highWatermark += random.nextInt((int) (offset - highWatermark) + 1);
        json.put("do", "highWatermark");
        json.put("offset", highWatermark);
        manager.onHighWatermarkUpdated(highWatermark);
      } else {
        long now = TIMESTAMP + step * 1_000L + EXPIRATION_MS - random.nextInt(20) * 1_000L;
        json.put("do", "expire");
        json.put("nowMs", now);
        manager.removeExpiredProducers(now);
      }
      json.put("undecided", manager.firstUndecidedOffset().orElse(-1));
      json.put("unstable", manager.firstUnstableOffset().map(metadata -> metadata.messageOffset).orElse(-1L));
      json.put("producers", manager.producerIdCount());
      json.put("late", manager.hasLateTransaction(TIMESTAMP + 900_000 + 300_000 + 30_000));
      steps.add(json);
    }
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("seed", seed);
    json.put("steps", steps);
    json.put("mapEndOffset", manager.mapEndOffset());
    json.put("producers", describe(manager.activeProducers().values()));
    return json;
  }

  private static ProducerStateManager newManager() throws Exception {
    return new ProducerStateManager(
        PARTITION, newDirectory(), 900_000, new ProducerStateManagerConfig(EXPIRATION_MS, true), Time.SYSTEM);
  }

  private static RecordBatch data(long producerId, int epoch, int sequence, int count, long offset,
      long timestamp, boolean transactional) {
    SimpleRecord[] records = new SimpleRecord[count];
    for (int i = 0; i < count; i++) records[i] = new SimpleRecord(timestamp, null, new byte[0]);
    MemoryRecords memory = transactional
        ? MemoryRecords.withTransactionalRecords(
            offset, Compression.NONE, producerId, (short) epoch, sequence, 0, records)
        : MemoryRecords.withIdempotentRecords(
            offset, Compression.NONE, producerId, (short) epoch, sequence, 0, records);
    return memory.batches().iterator().next();
  }

  private static void append(ProducerStateManager manager, RecordBatch batch) {
    ProducerAppendInfo info = manager.prepareUpdate(batch.producerId(), AppendOrigin.CLIENT);
    info.append(batch, Optional.empty());
    manager.update(info);
  }

  /** As UnifiedLog asks before an append. */
  private static Object duplicateOf(ProducerStateManager manager, RecordBatch batch) throws Exception {
    Optional<ProducerStateEntry> entry = manager.lastEntry(batch.producerId());
    if (entry.isEmpty()) return null;
    Method find = ProducerStateEntry.class.getDeclaredMethod("findDuplicateBatch", RecordBatch.class);
    find.setAccessible(true);
    BatchMetadata found = (BatchMetadata) ((Optional<?>) find.invoke(entry.get(), batch)).orElse(null);
    if (found == null) return null;
    return object(
        "baseOffset", found.firstOffset(), "lastOffset", found.lastOffset(), "timestamp", found.timestamp());
  }

  // Leader epochs

  private static List<Object> leaderEpochRuns(int count) throws Exception {
    List<Object> runs = new ArrayList<>();
    for (int seed = 1; seed <= count; seed++) {
      Random random = new Random(seed);
      File file = newFile();
      LeaderEpochFileCache cache = new LeaderEpochFileCache(
          PARTITION, new LeaderEpochCheckpointFile(file, FAILURES), new Now());
      List<Object> steps = new ArrayList<>();
      for (int step = 0; step < 25; step++) {
        Map<String, Object> json = new LinkedHashMap<>();
        int latestEpoch = cache.latestEpoch().isEmpty() ? 0 : cache.latestEpoch().get();
        long latestOffset = cache.latestEntry().map(EpochEntry::startOffset).orElse(0L);
        int kind = random.nextInt(10);
        if (kind < 7) {
          int epoch = Math.max(0, latestEpoch + random.nextInt(5) - (random.nextInt(5) == 0 ? 3 : 0));
          long offset = Math.max(0, latestOffset + random.nextInt(40) - (random.nextInt(5) == 0 ? 30 : 0));
          json.put("do", "assign");
          json.put("epoch", epoch);
          json.put("offset", offset);
          cache.assign(epoch, offset);
        } else {
          long offset = random.nextInt((int) latestOffset + 10);
          boolean fromStart = random.nextBoolean();
          if (fromStart) offset /= 2;
          json.put("do", fromStart ? "truncateFromStart" : "truncateFromEnd");
          json.put("offset", offset);
          if (fromStart) cache.truncateFromStartAsyncFlush(offset);
          else cache.truncateFromEndAsyncFlush(offset);
        }
        List<Object> entries = new ArrayList<>();
        for (EpochEntry entry : cache.epochEntries())
          entries.add(Arrays.asList(entry.epoch(), entry.startOffset()));
        json.put("entries", entries);
        steps.add(json);
      }
      List<Object> byEpoch = new ArrayList<>();
      int largest = cache.latestEpoch().isEmpty() ? 0 : cache.latestEpoch().get();
      for (int epoch = -1; epoch <= largest + 1; epoch++) {
        Map.Entry<Integer, Long> end = cache.endOffsetFor(epoch, 10_000);
        byEpoch.add(Arrays.asList(epoch, end.getKey(), end.getValue(),
            orNull(cache.previousEpoch(epoch)), orNull(cache.nextEpoch(epoch))));
      }
      List<Object> byOffset = new ArrayList<>();
      for (long offset = 0; offset <= cache.latestEntry().map(EpochEntry::startOffset).orElse(0L) + 2; offset++)
        byOffset.add(orNull(cache.epochForOffset(offset)));
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("seed", seed);
      json.put("steps", steps);
      json.put("byEpoch", byEpoch);
      json.put("epochForOffset", byOffset);
      json.put("base64", contents(file));
      runs.add(json);
    }
    return runs;
  }

  private static Integer orNull(OptionalInt value) {
    return value.isPresent() ? value.getAsInt() : null;
  }

  // Aborted transactions

  private static List<Object> transactionIndexes() throws Exception {
    List<Object> result = new ArrayList<>();
    for (int seed = 0; seed <= 4; seed++) {
      Random random = new Random(seed);
      File file = newFile();
      Files.delete(file.toPath());
      TransactionIndex index = new TransactionIndex(1_000, file);
      long offset = 1_000;
      List<Object> entries = new ArrayList<>();
      for (int i = 0; i < seed * 4; i++) {
        offset += 1 + random.nextInt(10);
        long firstOffset = offset - 1 - random.nextInt(40);
        long lastStableOffset = random.nextBoolean() ? offset + 1 : offset - random.nextInt(50);
        long producerId = random.nextInt(5) + (random.nextBoolean() ? 0 : 4_000_000_000L);
        index.append(new AbortedTxn(producerId, firstOffset, offset, lastStableOffset));
        entries.add(Arrays.asList(producerId, firstOffset, offset, lastStableOffset));
      }
      index.flush();
      index.sanityCheck();
      String base64 = contents(file);
      List<Object> searches = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        long from = 990 + random.nextInt((int) (offset - 970));
        long to = from + random.nextInt(60);
        var found = index.collectAbortedTxns(from, to);
        List<Object> lastOffsets = new ArrayList<>();
        for (AbortedTxn transaction : found.abortedTransactions()) lastOffsets.add(transaction.lastOffset());
        searches.add(Arrays.asList(from, to, lastOffsets, found.isComplete()));
      }
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("entries", entries);
      json.put("base64", base64);
      json.put("searches", searches);
      long cut = 1_000 + (offset - 1_000) / 2;
      index.truncateTo(cut);
      json.put("truncateTo", cut);
      json.put("truncated", contents(file));
      index.close();
      result.add(json);
    }
    return result;
  }

  // Checkpoints and marks

  private static List<Object> offsetCheckpoints() throws Exception {
    List<Object> result = new ArrayList<>();
    Map<TopicPartition, Long> offsets = new LinkedHashMap<>();
    result.add(offsetCheckpoint(offsets));
    offsets.put(PARTITION, 0L);
    offsets.put(new TopicPartition("__consumer_offsets", 49), 5_000_000_000L);
    offsets.put(new TopicPartition("a.b-c_D", 0), 9_007_199_254_740_991L);
    result.add(offsetCheckpoint(offsets));
    return result;
  }

  private static Object offsetCheckpoint(Map<TopicPartition, Long> offsets) throws Exception {
    File file = newFile();
    new OffsetCheckpointFile(file, FAILURES).write(offsets);
    List<Object> entries = new ArrayList<>();
    offsets.forEach((key, offset) -> entries.add(Arrays.asList(key.topic(), key.partition(), offset)));
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("entries", entries);
    json.put("base64", contents(file));
    return json;
  }

  private static List<Object> partitionMetadata() throws Exception {
    List<Object> result = new ArrayList<>();
    for (Uuid topicId : List.of(new Uuid(0x0123456789abcdefL, 0xfedcba9876543210L), new Uuid(-1, -2))) {
      File file = PartitionMetadataFile.newFile(newDirectory());
      PartitionMetadataFile metadata = new PartitionMetadataFile(file, FAILURES);
      metadata.record(topicId);
      metadata.maybeFlush();
      result.add(object("topicId", topicId.toString(), "base64", contents(file)));
    }
    return result;
  }

  private static List<Object> metaProperties() throws Exception {
    List<Object> result = new ArrayList<>();
    for (String clusterId : List.of("MkU3OEVBNTcwNTJENDM2Qg", "key: a = #b \\ c!\tend")) {
      for (MetaPropertiesVersion version : MetaPropertiesVersion.values()) {
        MetaProperties properties = new MetaProperties.Builder()
            .setVersion(version)
            .setClusterId(clusterId)
            .setNodeId(101)
            .setDirectoryId(new Uuid(0x0123456789abcdefL, 0xfedcba9876543210L))
            .build();
        File file = newFile();
        PropertiesUtils.writePropertiesFile(properties.toProperties(), file.getPath(), false);
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("version", version.number());
        json.put("clusterId", clusterId);
        json.put("nodeId", 101);
        json.put("directoryId", properties.directoryId().get().toString());
        json.put("base64", contents(file));
        result.add(json);
      }
    }
    return result;
  }

  private static List<Object> cleanShutdown() throws Exception {
    List<Object> result = new ArrayList<>();
    for (long brokerEpoch : new long[] {0, -1, 5_000_000_000L}) {
      File directory = newDirectory();
      new CleanShutdownFileHandler(directory.getPath()).write(brokerEpoch);
      File file = new File(directory, CleanShutdownFileHandler.CLEAN_SHUTDOWN_FILE_NAME);
      result.add(object("brokerEpoch", brokerEpoch, "base64", contents(file)));
    }
    return result;
  }

  /** In the order of the arguments, which Map.of does not keep. */
  private static Map<String, Object> object(Object... keysAndValues) {
    Map<String, Object> result = new LinkedHashMap<>();
    for (int i = 0; i < keysAndValues.length; i += 2)
      result.put((String) keysAndValues[i], keysAndValues[i + 1]);
    return result;
  }

  private static File newDirectory() throws Exception {
    return Files.createTempDirectory(root, "d").toFile();
  }

  private static File newFile() throws Exception {
    return Files.createTempFile(root, "f", "").toFile();
  }

  private static String contents(File file) throws Exception {
    return file.exists() ? Base64.getEncoder().encodeToString(Files.readAllBytes(file.toPath())) : "";
  }

  /** Does at once what Kafka leaves to a thread. */
  static class Now implements Scheduler {
    public void startup() {}

    public void shutdown() {}

    public ScheduledFuture<?> schedule(String name, Runnable task, long delayMs, long periodMs) {
      task.run();
      return null;
    }

    public void resizeThreadPool(int newSize) {}
  }
}
