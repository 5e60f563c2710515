import { configOf, type MetadataImage, topicConfigType } from '../metadata/image.ts'
import {
  type BrokerLayer,
  type EffectiveTopicConfig,
  type Entries,
  parseTopicConfig,
} from '../protocol/config/topic-values.ts'

/** Kafka's number of a broker among resources that have settings. */
export const brokerConfigType = 4

/** Whose settings hold for topics that do not say. */
export type ThisBroker = {
  readonly nodeId: number
  /** As they were given at its start, by Kafka's names. */
  readonly given: Entries
}

/** What is said of this broker, the first of which hold. */
export function brokerLayers(image: MetadataImage, { nodeId, given }: ThisBroker): BrokerLayer[] {
  const own = { type: brokerConfigType, name: String(nodeId) }
  const all = { type: brokerConfigType, name: '' }
  return [
    { source: 'DYNAMIC_BROKER_CONFIG', entries: configOf(image, own) },
    { source: 'DYNAMIC_DEFAULT_BROKER_CONFIG', entries: configOf(image, all) },
    { source: 'STATIC_BROKER_CONFIG', entries: given },
  ]
}

/** All settings of a topic as they hold on this broker. */
export function topicSettings(
  image: MetadataImage,
  topic: string,
  broker: ThisBroker,
): EffectiveTopicConfig {
  const own = configOf(image, { type: topicConfigType, name: topic })
  return parseTopicConfig(own, brokerLayers(image, broker))
}
