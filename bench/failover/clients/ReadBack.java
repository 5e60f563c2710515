import java.time.Duration;
import java.util.List;
import java.util.Properties;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;

/** Prints the values of partition 0 of a topic up to where it ends now: ReadBack BOOTSTRAP_SERVERS TOPIC */
public class ReadBack {
  public static void main(String[] args) {
    Properties properties = new Properties();
    properties.put("bootstrap.servers", args[0]);
    var partition = new TopicPartition(args[1], 0);
    var own = List.of(partition);
    StringBuilder values = new StringBuilder();
    try (var consumer =
        new KafkaConsumer<>(properties, new StringDeserializer(), new StringDeserializer())) {
      consumer.assign(own);
      consumer.seekToBeginning(own);
      long end = consumer.endOffsets(own).get(partition);
      while (consumer.position(partition) < end) {
        for (var record : consumer.poll(Duration.ofSeconds(1))) {
          values.append(record.value()).append('\n');
        }
      }
    }
    System.out.print(values);
  }
}
