import { brokerValue } from '../protocol/config/broker-value.ts'
import type { Entries } from '../protocol/config/topic-values.ts'

/** What is set for groups and their offsets. */
export type CoordinatorSettings = ReturnType<typeof coordinatorSettings>

/** @param entries Settings of the broker, as its file has them. One that cannot be read has its default. */
export function coordinatorSettings(entries: Entries) {
  return {
    /** Of `__consumer_offsets`, when it is made. */
    topic: {
      partitions: brokerValue('offsets.topic.num.partitions', entries),
      // Where nothing is said, what the cluster has for topics: Kafka's 3 would need three brokers.
      replicationFactor: entries.has('offsets.topic.replication.factor')
        ? brokerValue('offsets.topic.replication.factor', entries)
        : -1,
      segmentBytes: brokerValue('offsets.topic.segment.bytes', entries),
    },
    commitTimeoutMs: brokerValue('offsets.commit.timeout.ms', entries),
    retentionMs: brokerValue('offsets.retention.minutes', entries) * 60_000,
    retentionCheckIntervalMs: brokerValue('offsets.retention.check.interval.ms', entries),
    maxMetadataBytes: brokerValue('offset.metadata.max.bytes', entries),
  }
}
