import type { BrokerConfigName } from './broker-names.ts'
import type { TopicConfigName } from './topic-config.ts'

/** A setting of the broker that holds for all topics which do not have their own. */
export type Synonym = {
  readonly name: BrokerConfigName
  /** How many units of the topic's setting one of the broker's is. Left out: 1. */
  readonly times?: number
}

const minutes = 60_000
const hours = 60 * minutes

/**
 * Where a topic that does not say a setting gets it from: the first of these that the broker has.
 * Source: ServerTopicConfigSynonyms, Kafka 4.3. Those that are missing are a topic's only.
 */
export const topicSynonyms: { readonly [Name in TopicConfigName]?: readonly Synonym[] } = {
  'cleanup.policy': [{ name: 'log.cleanup.policy' }],
  'compression.gzip.level': [{ name: 'compression.gzip.level' }],
  'compression.lz4.level': [{ name: 'compression.lz4.level' }],
  'compression.type': [{ name: 'compression.type' }],
  'compression.zstd.level': [{ name: 'compression.zstd.level' }],
  'delete.retention.ms': [{ name: 'log.cleaner.delete.retention.ms' }],
  'file.delete.delay.ms': [{ name: 'log.segment.delete.delay.ms' }],
  'flush.messages': [{ name: 'log.flush.interval.messages' }],
  'flush.ms': [{ name: 'log.flush.interval.ms' }, { name: 'log.flush.scheduler.interval.ms' }],
  'index.interval.bytes': [{ name: 'log.index.interval.bytes' }],
  'kavka.flush': [{ name: 'kavka.flush' }],
  'local.retention.bytes': [{ name: 'log.local.retention.bytes' }],
  'local.retention.ms': [{ name: 'log.local.retention.ms' }],
  'max.compaction.lag.ms': [{ name: 'log.cleaner.max.compaction.lag.ms' }],
  'max.message.bytes': [{ name: 'message.max.bytes' }],
  'message.timestamp.after.max.ms': [{ name: 'log.message.timestamp.after.max.ms' }],
  'message.timestamp.before.max.ms': [{ name: 'log.message.timestamp.before.max.ms' }],
  'message.timestamp.type': [{ name: 'log.message.timestamp.type' }],
  'min.cleanable.dirty.ratio': [{ name: 'log.cleaner.min.cleanable.ratio' }],
  'min.compaction.lag.ms': [{ name: 'log.cleaner.min.compaction.lag.ms' }],
  'min.insync.replicas': [{ name: 'min.insync.replicas' }],
  preallocate: [{ name: 'log.preallocate' }],
  'retention.bytes': [{ name: 'log.retention.bytes' }],
  'retention.ms': [
    { name: 'log.retention.ms' },
    { name: 'log.retention.minutes', times: minutes },
    { name: 'log.retention.hours', times: hours },
  ],
  'segment.bytes': [{ name: 'log.segment.bytes' }],
  'segment.index.bytes': [{ name: 'log.index.size.max.bytes' }],
  'segment.jitter.ms': [
    { name: 'log.roll.jitter.ms' },
    { name: 'log.roll.jitter.hours', times: hours },
  ],
  'segment.ms': [{ name: 'log.roll.ms' }, { name: 'log.roll.hours', times: hours }],
  'unclean.leader.election.enable': [{ name: 'unclean.leader.election.enable' }],
}
