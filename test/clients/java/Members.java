import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.Semaphore;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerInterceptor;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;

/**
 * Consumers that subscribe and poll, each in a thread of its own. Reads what they do, parted by tabs:
 * "start NAME TOPIC key=value...", "stop NAME" (which leaves the group), "rejoin NAME", "go-on NAME". A
 * record that says busy keeps its reader from polling until that one is to go on. Prints what happens,
 * parted by tabs: to which member, of which generation, what, and of which partitions or which record.
 */
public class Members {
  public static void main(String[] args) throws Exception {
    var members = new HashMap<String, Member>();
    var lines = new BufferedReader(new InputStreamReader(System.in));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      String[] words = line.split("\t");
      String name = words[1];
      switch (words[0]) {
        case "start" -> {
          var member = new Member(args[0], words);
          members.put(name, member);
          new Thread(member, name).start();
        }
        case "stop" -> members.get(name).isStopped = true;
        case "go-on" -> members.get(name).busy.release();
        case "rejoin" -> members.get(name).isRejoining = true;
        default -> throw new IllegalArgumentException(line);
      }
    }
    // Whoever drove it is gone.
    Runtime.getRuntime().halt(0);
  }

  private static class Member implements Runnable, ConsumerRebalanceListener {
    private final String topic;
    private final Properties settings = new Properties();
    private final Semaphore busy = new Semaphore(0);
    private KafkaConsumer<String, String> consumer;
    private volatile boolean isRejoining;
    private volatile boolean isStopped;

    private Member(String servers, String[] words) {
      topic = words[2];
      settings.put("bootstrap.servers", servers);
      settings.put("client.id", words[1]);
      settings.put("auto.offset.reset", "earliest");
      settings.put("interceptor.classes", List.of(SayCommits.class));
      for (int i = 3; i < words.length; i++) {
        String[] setting = words[i].split("=", 2);
        settings.put(setting[0], setting[1]);
      }
    }

    @Override
    public void run() {
      var strings = new StringDeserializer();
      try (var own = new KafkaConsumer<>(settings, strings, strings)) {
        consumer = own;
        own.subscribe(List.of(topic), this);
        while (!isStopped) {
          for (var record : own.poll(Duration.ofMillis(100))) {
            say("read", record.topic() + "-" + record.partition() + "\t" + record.value());
            if (record.value().endsWith("busy")) busy.acquire();
          }
          if (isRejoining) {
            isRejoining = false;
            own.enforceRebalance();
          }
        }
      } catch (Exception failure) {
        Members.say(Thread.currentThread().getName(), -1, "failed", failure.toString());
      }
      Members.say(Thread.currentThread().getName(), -1, "closed", "");
    }

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
      say("assigned", listed(partitions));
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
      say("revoked", listed(partitions));
    }

    @Override
    public void onPartitionsLost(Collection<TopicPartition> partitions) {
      say("lost", listed(partitions));
    }

    private void say(String what, String of) {
      Members.say(Thread.currentThread().getName(), consumer.groupMetadata().generationId(), what, of);
    }
  }

  /** Says what was committed, in the thread of the consumer. Offsets of no record are left out. */
  public static class SayCommits implements ConsumerInterceptor<String, String> {
    @Override
    public void onCommit(Map<TopicPartition, OffsetAndMetadata> offsets) {
      String all =
          offsets.entrySet().stream()
              .filter(entry -> entry.getValue().offset() > 0)
              .map(entry -> entry.getKey() + "@" + entry.getValue().offset())
              .sorted()
              .collect(Collectors.joining("\t"));
      if (!all.isEmpty()) say(Thread.currentThread().getName(), -1, "committed", all);
    }

    @Override
    public ConsumerRecords<String, String> onConsume(ConsumerRecords<String, String> records) {
      return records;
    }

    @Override
    public void close() {}

    @Override
    public void configure(Map<String, ?> settings) {}
  }

  private static String listed(Collection<TopicPartition> partitions) {
    return partitions.stream().map(Object::toString).sorted().collect(Collectors.joining("\t"));
  }

  private static synchronized void say(String name, int generation, String what, String of) {
    System.out.println(name + "\t" + generation + "\t" + what + "\t" + of);
    System.out.flush();
  }
}
