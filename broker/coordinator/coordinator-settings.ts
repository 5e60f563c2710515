import { brokerConfig } from '../protocol/config/broker-config.ts'
import { parseSetting } from '../protocol/config/parse-setting.ts'
import type { Entries } from '../protocol/config/topic-values.ts'

/** What is set for groups and their offsets, by Kafka's names in `of`. */
export type CoordinatorSettings = ReturnType<typeof coordinatorSettings>

/** @param entries Settings of the broker, as its file has them. One that cannot be read has its default. */
export function coordinatorSettings(entries: Entries) {
  const of = (name: NumberName) => numberOf(name, entries.get(name))
  return {
    /** Of `__consumer_offsets`, when it is made. */
    topic: {
      partitions: of('offsets.topic.num.partitions'),
      // Where nothing is said, what the cluster has for topics: Kafka's 3 would need three brokers.
      replicationFactor: entries.has('offsets.topic.replication.factor')
        ? of('offsets.topic.replication.factor')
        : -1,
      segmentBytes: of('offsets.topic.segment.bytes'),
    },
    commitTimeoutMs: of('offsets.commit.timeout.ms'),
    retentionMs: of('offsets.retention.minutes') * 60_000,
    retentionCheckIntervalMs: of('offsets.retention.check.interval.ms'),
    maxMetadataBytes: of('offset.metadata.max.bytes'),
  }
}

type NumberName =
  | 'offset.metadata.max.bytes'
  | 'offsets.commit.timeout.ms'
  | 'offsets.retention.check.interval.ms'
  | 'offsets.retention.minutes'
  | 'offsets.topic.num.partitions'
  | 'offsets.topic.replication.factor'
  | 'offsets.topic.segment.bytes'

function numberOf(name: NumberName, given: string | undefined): number {
  const setting = brokerConfig[name]
  const parsed = parseSetting(setting, given ?? setting.default)
  return 'value' in parsed ? parsed.value : Number(setting.default)
}
