import type { LogConfig } from '../log/log-config.ts'
import { configOf, type MetadataImage } from '../metadata/image.ts'
import { configTypes } from '../protocol/config/resource-types.ts'
import {
  type BrokerLayer,
  type EffectiveTopicConfig,
  type Entries,
  parseTopicConfig,
} from '../protocol/config/topic-values.ts'

/** What holds for a topic on a broker: what was set for it, for that broker, for all, in its file. */
export function effectiveTopicConfig(
  image: MetadataImage,
  topic: string,
  { nodeId, entries }: { nodeId: number; entries: Entries },
): EffectiveTopicConfig {
  const own = configOf(image, { type: configTypes.topic, name: topic })
  return parseTopicConfig(own, brokerLayers(image, { nodeId, entries }))
}

/** Settings of a broker, the strongest first. */
export function brokerLayers(
  image: MetadataImage,
  { nodeId, entries }: { nodeId: number; entries: Entries },
): BrokerLayer[] {
  const setFor = (name: string) => configOf(image, { type: configTypes.broker, name })
  return [
    { source: 'DYNAMIC_BROKER_CONFIG', entries: setFor(String(nodeId)) },
    { source: 'DYNAMIC_DEFAULT_BROKER_CONFIG', entries: setFor('') },
    { source: 'STATIC_BROKER_CONFIG', entries },
  ]
}

/** Settings of a broker as they hold: what was set for it, for all, in its file. */
export function configOnBroker(
  image: MetadataImage,
  { nodeId, config }: { nodeId: number; config: Readonly<Record<string, string>> },
): Record<string, string> {
  const layers = brokerLayers(image, { nodeId, entries: new Map(Object.entries(config)) })
  return Object.fromEntries(layers.toReversed().flatMap(({ entries }) => [...entries]))
}

/** What the log of a partition needs to know of them. */
export function toLogConfig(config: EffectiveTopicConfig): LogConfig {
  return {
    segmentBytes: config['segment.bytes'].value,
    segmentMs: config['segment.ms'].value,
    segmentIndexBytes: config['segment.index.bytes'].value,
    indexIntervalBytes: config['index.interval.bytes'].value,
    maxMessageBytes: config['max.message.bytes'].value,
    messageTimestampType: config['message.timestamp.type'].value,
    timestampBeforeMaxMs: config['message.timestamp.before.max.ms'].value,
    timestampAfterMaxMs: config['message.timestamp.after.max.ms'].value,
    isCompacted: config['cleanup.policy'].value.includes('compact'),
    isDeleted: config['cleanup.policy'].value.includes('delete'),
    retentionMs: config['retention.ms'].value,
    retentionBytes: config['retention.bytes'].value,
    minCleanableDirtyRatio: config['min.cleanable.dirty.ratio'].value,
    minCompactionLagMs: config['min.compaction.lag.ms'].value,
    maxCompactionLagMs: config['max.compaction.lag.ms'].value,
    deleteRetentionMs: config['delete.retention.ms'].value,
    flush: config['kavka.flush'].value,
    flushMessages: config['flush.messages'].value,
    flushMs: config['flush.ms'].value,
  }
}
