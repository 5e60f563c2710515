import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.File;
import java.io.InputStream;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.coordinator.group.GroupConfig;
import org.apache.kafka.server.config.AbstractKafkaConfig;
import org.apache.kafka.server.config.DynamicBrokerConfig;
import org.apache.kafka.server.metrics.ClientMetricsConfigs;
import org.apache.kafka.storage.internals.log.LogConfig;

/** Prints the facts that generate-protocol.ts needs as one JSON object: names, types, versions, defaults. */
public class Definitions {
    static final ObjectMapper MAPPER = new ObjectMapper().configure(JsonParser.Feature.ALLOW_COMMENTS, true);

    public static void main(String[] args) throws Exception {
        ObjectNode facts = MAPPER.createObjectNode();
        facts.set("messages", messages());
        facts.set("errors", errors());
        facts.set("topicConfigs", configs(LogConfig.configDefCopy()));
        facts.set("brokerConfigs", configs(AbstractKafkaConfig.CONFIG_DEF));
        facts.set("groupConfigs", configs(GroupConfig.CONFIG_DEF));
        facts.set("clientMetricsConfigs", configs(ClientMetricsConfigs.configDef()));
        facts.set("dynamicBrokerConfigs", MAPPER.valueToTree(dynamicBrokerConfigs()));
        System.out.println(MAPPER.writeValueAsString(facts));
    }

    /** Those that a broker may be given while it runs. */
    static Set<String> dynamicBrokerConfigs() {
        Set<String> names = new TreeSet<>(DynamicBrokerConfig.ALL_DYNAMIC_CONFIGS);
        names.retainAll(AbstractKafkaConfig.CONFIG_DEF.names());
        return names;
    }

    static ArrayNode messages() throws Exception {
        TreeMap<String, JsonNode> byName = new TreeMap<>();
        for (String path : System.getProperty("java.class.path").split(File.pathSeparator)) {
            if (!new File(path).getName().startsWith("kafka-")) continue;
            try (ZipFile jar = new ZipFile(path)) {
                for (ZipEntry entry : jar.stream().toList()) {
                    if (!entry.getName().matches("(common/message|common/metadata|message)/[A-Za-z]+\\.json")) continue;
                    try (InputStream in = jar.getInputStream(entry)) {
                        JsonNode definition = MAPPER.readTree(in);
                        byName.put(definition.get("name").asText(), definition);
                    }
                }
            }
        }
        ArrayNode all = MAPPER.createArrayNode();
        for (JsonNode definition : byName.values()) all.add(definition);
        return all;
    }

    static ArrayNode errors() {
        ArrayNode all = MAPPER.createArrayNode();
        for (Errors error : Errors.values()) {
            boolean retriable = error.exception() instanceof RetriableException;
            all.addObject().put("name", error.name()).put("code", error.code()).put("retriable", retriable);
        }
        return all;
    }

    static ArrayNode configs(ConfigDef definitions) {
        ArrayNode all = MAPPER.createArrayNode();
        for (ConfigDef.ConfigKey key : new TreeMap<>(definitions.configKeys()).values()) {
            if (key.internalConfig) continue;
            ObjectNode node = all.addObject().put("name", key.name).put("type", key.type.name().toLowerCase());
            Object value = key.hasDefault() ? key.defaultValue : null;
            node.put("required", !key.hasDefault());
            node.set("default", MAPPER.valueToTree(value == null ? null : ConfigDef.convertToString(value, key.type)));
            node.put("validator", key.validator == null ? null : key.validator.toString());
        }
        return all;
    }
}
