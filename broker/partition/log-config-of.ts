import type { LogConfig } from '../log/log-config.ts'
import type { EffectiveTopicConfig } from '../protocol/config/topic-values.ts'

/** What a log needs to know of the settings of its topic. */
export function logConfigOf(settings: EffectiveTopicConfig): LogConfig {
  const policies: readonly string[] = settings['cleanup.policy'].value
  return {
    segmentBytes: settings['segment.bytes'].value,
    segmentMs: settings['segment.ms'].value,
    segmentIndexBytes: settings['segment.index.bytes'].value,
    indexIntervalBytes: settings['index.interval.bytes'].value,
    maxMessageBytes: settings['max.message.bytes'].value,
    messageTimestampType: settings['message.timestamp.type'].value,
    isCompacted: policies.includes('compact'),
    isDeleted: policies.includes('delete'),
    retentionMs: settings['retention.ms'].value,
    retentionBytes: settings['retention.bytes'].value,
    minCleanableDirtyRatio: settings['min.cleanable.dirty.ratio'].value,
    minCompactionLagMs: settings['min.compaction.lag.ms'].value,
    maxCompactionLagMs: settings['max.compaction.lag.ms'].value,
    deleteRetentionMs: settings['delete.retention.ms'].value,
    flush: settings['kavka.flush'].value,
    flushMessages: settings['flush.messages'].value,
    flushMs: settings['flush.ms'].value,
  }
}
