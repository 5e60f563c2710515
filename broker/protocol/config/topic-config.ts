import { topicConfigDefaults } from '../generated/config-defaults.ts'
import { kavkaSettings, sourceOf } from './kavka-settings.ts'
import type { About, ValueOf } from './setting.ts'
import { settings } from './settings.ts'

const names = { ...topicConfigDefaults, ...kavkaSettings }

/** A change of `support` goes with the test that proves it. */
const about = {
  'cleanup.policy': {
    support: 'honoured',
    doc: 'What happens to old records: delete, compact (of each key the latest stays), both, or nothing if it is empty.',
  },
  'compression.gzip.level': { support: 'planned', doc: 'How hard gzip tries; -1 is its default.' },
  'compression.lz4.level': { support: 'planned', doc: 'How hard lz4 tries.' },
  'compression.type': {
    support: 'planned',
    doc: 'How batches are compressed on disk; producer keeps them as they came.',
  },
  'compression.zstd.level': { support: 'planned', doc: 'How hard zstd tries.' },
  'delete.retention.ms': {
    unit: 'ms',
    support: 'honoured',
    doc: 'How long the tombstone of a key stays in a compacted log: readers need to get to it in this time.',
  },
  'file.delete.delay.ms': {
    unit: 'ms',
    support: 'planned',
    doc: 'How long a removed segment stays on disk for those who are reading it.',
  },
  'flush.messages': {
    support: 'honoured',
    doc: 'After how many records the log is synced, at the latest; kavka.flush syncs each batch.',
  },
  'flush.ms': {
    unit: 'ms',
    support: 'honoured',
    doc: 'After how much time the log is synced, at the latest; kavka.flush syncs each batch.',
  },
  'follower.replication.throttled.replicas': {
    support: 'planned',
    doc: 'Replicas that fetch under the throttle, as partition:broker, or * for all.',
  },
  'index.interval.bytes': {
    unit: 'bytes',
    support: 'honoured',
    doc: 'Of how many bytes of batches the index has one entry.',
  },
  'kavka.flush': {
    support: 'honoured',
    doc: 'When a batch is acknowledged: once it is in the page cache, as in Kafka, or Always once it is on the disk.',
  },
  'leader.replication.throttled.replicas': {
    support: 'planned',
    doc: 'Replicas that are read from under the throttle, as partition:broker, or * for all.',
  },
  'local.retention.bytes': {
    unit: 'bytes',
    support: 'accepted',
    doc: 'How much stays on the broker where there is tiered storage; -2 as retention.bytes.',
  },
  'local.retention.ms': {
    unit: 'ms',
    support: 'accepted',
    doc: 'How long records stay on the broker where there is tiered storage; -2 as retention.ms.',
  },
  'max.compaction.lag.ms': {
    unit: 'ms',
    support: 'honoured',
    doc: 'After this time a record is compacted, however little there is to do.',
  },
  'max.message.bytes': {
    unit: 'bytes',
    support: 'honoured',
    doc: 'The largest batch that is taken, compressed as it comes.',
  },
  'message.timestamp.after.max.ms': {
    unit: 'ms',
    support: 'honoured',
    doc: 'How far the timestamp of a record may be ahead of the clock of the broker.',
  },
  'message.timestamp.before.max.ms': {
    unit: 'ms',
    support: 'honoured',
    doc: 'How far the timestamp of a record may be behind the clock of the broker.',
  },
  'message.timestamp.type': {
    support: 'honoured',
    doc: 'Whether a record has the time of its producer or that of its append.',
  },
  'min.cleanable.dirty.ratio': {
    support: 'honoured',
    doc: 'Which part of a log has to be new before it is worth compacting.',
  },
  'min.compaction.lag.ms': {
    unit: 'ms',
    support: 'honoured',
    doc: 'How long a record is left alone by compaction.',
  },
  'min.insync.replicas': {
    support: 'honoured',
    doc: 'How many replicas must have a batch before a producer with acks=all hears that it was taken.',
  },
  preallocate: { support: 'accepted', doc: 'Whether Kafka makes a segment at its full size.' },
  'remote.log.copy.disable': { support: 'accepted', doc: 'Stops tiered storage from taking more.' },
  'remote.log.delete.on.disable': {
    support: 'accepted',
    doc: 'Whether the tiered records go when tiered storage is switched off.',
  },
  'remote.storage.enable': { support: 'accepted', doc: 'Tiered storage. kavka has none yet.' },
  'retention.bytes': {
    unit: 'bytes',
    support: 'honoured',
    doc: 'How large a partition may be before its oldest segments go; -1 for no limit.',
  },
  'retention.ms': {
    unit: 'ms',
    support: 'honoured',
    doc: 'How long records stay; -1 for ever.',
  },
  'segment.bytes': {
    unit: 'bytes',
    support: 'honoured',
    doc: 'Size at which the active segment is closed and a new one is opened.',
  },
  'segment.index.bytes': {
    unit: 'bytes',
    support: 'honoured',
    doc: 'Size of an index at which its segment is closed.',
  },
  'segment.jitter.ms': {
    unit: 'ms',
    support: 'accepted',
    doc: 'By how much the closing of segments is spread.',
  },
  'segment.ms': {
    unit: 'ms',
    support: 'honoured',
    doc: 'Age at which the active segment is closed, so that retention and compaction can have it.',
  },
  'unclean.leader.election.enable': {
    support: 'honoured',
    doc: 'Whether a replica that is behind may lead if no other is left. Acknowledged records may be lost.',
  },
} satisfies Record<keyof typeof names, About>

/** Settings of a topic by Kafka's names. Checks, docs and DescribeConfigs all read this table. */
export const topicConfig = settings(names, about, (name) => sourceOf(name, 'topicconfigs'))

export type TopicConfigName = keyof typeof topicConfig
/** The values of a topic's settings, all of them, read. */
export type TopicConfig = {
  readonly [Name in TopicConfigName]: ValueOf<(typeof names)[Name]>
}
