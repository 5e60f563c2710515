import java.time.Duration;
import java.util.Properties;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;

/**
 * Reads all partitions of a topic from the beginning, assigned by hand, until it has COUNT records:
 * ReadAssigned BOOTSTRAP_SERVERS TOPIC COUNT [RACK]. Prints partition, offset, key and value of each.
 */
public class ReadAssigned {
  public static void main(String[] args) {
    int wanted = Integer.parseInt(args[2]);
    Properties properties = new Properties();
    properties.put("bootstrap.servers", args[0]);
    if (args.length > 3) properties.put("client.rack", args[3]);
    try (var consumer =
        new KafkaConsumer<>(properties, new StringDeserializer(), new StringDeserializer())) {
      var partitions =
          consumer.partitionsFor(args[1]).stream()
              .map(own -> new TopicPartition(own.topic(), own.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      for (int count = 0; count < wanted; ) {
        for (var record : consumer.poll(Duration.ofSeconds(1))) {
          System.out.println(
              record.partition() + " " + record.offset() + " " + record.key() + " " + record.value());
          count++;
        }
      }
    }
  }
}
