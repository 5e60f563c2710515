import java.util.Properties;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;

/** Sends ten strings to my-topic with the defaults of Kafka's own client: SendTen BOOTSTRAP_SERVERS */
public class SendTen {
  public static void main(String[] args) throws Exception {
    Properties properties = new Properties();
    properties.put("bootstrap.servers", args[0]);
    try (var producer =
        new KafkaProducer<>(properties, new StringSerializer(), new StringSerializer())) {
      for (int i = 0; i < 10; i++) {
        var sent = producer.send(new ProducerRecord<>("my-topic", "key-" + i, "value-" + i)).get();
        System.out.println(sent.partition() + " " + sent.offset());
      }
    }
  }
}
