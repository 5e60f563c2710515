import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.tools.consumer.group.ConsumerGroupCommand;

/**
 * A consumer that assigns itself its partition reads some records, commits, and a second one goes on
 * there; then what the tool of groups says and does: CommitOffsets BOOTSTRAP_SERVERS TOPIC GROUP.
 */
public class CommitOffsets {
  public static void main(String[] args) throws Exception {
    var partition = new TopicPartition(args[1], 0);
    Properties properties = new Properties();
    properties.put("bootstrap.servers", args[0]);
    properties.put("group.id", args[2]);
    properties.put("max.poll.records", "4");
    properties.put("auto.offset.reset", "earliest");
    properties.put("enable.auto.commit", "false");
    try (var producer =
        new KafkaProducer<>(properties, new StringSerializer(), new StringSerializer())) {
      for (int i = 0; i < 10; i++) {
        producer.send(new ProducerRecord<>(args[1], 0, null, "value-" + i)).get();
      }
    }
    for (int round = 0; round < 2; round++) {
      try (var consumer =
          new KafkaConsumer<>(properties, new StringDeserializer(), new StringDeserializer())) {
        consumer.assign(List.of(partition));
        System.out.println("committed " + consumer.committed(Set.of(partition)).get(partition));
        for (int read = 0; read == 0; ) {
          for (var record : consumer.poll(Duration.ofSeconds(1))) {
            System.out.println("read " + record.value());
            read++;
          }
        }
        consumer.commitSync();
        if (round == 1) {
          consumer.commitSync(Map.of(partition, new OffsetAndMetadata(9, "a note")));
        }
      }
    }
    for (String command :
        List.of(
            "--list",
            "--list --state",
            "--describe --group " + args[2],
            "--describe --state --group " + args[2],
            "--reset-offsets --to-offset 2 --execute --topic " + args[1] + ":0 --group " + args[2],
            "--describe --offsets --group " + args[2],
            "--delete-offsets --topic " + args[1] + " --group " + args[2],
            "--delete --group " + args[2],
            "--list")) {
      System.out.println("> " + command);
      ConsumerGroupCommand.main(("--bootstrap-server " + args[0] + " " + command).split(" "));
    }
  }
}
