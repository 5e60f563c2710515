/** What a log needs to know of its topic's settings. Names and meaning are Kafka's. */
export type LogConfig = {
  /** `segment.bytes`: a segment is closed before a batch would make it larger. */
  readonly segmentBytes: number
  /** `segment.ms`: ... or when its first batch is so much older than the next one. */
  readonly segmentMs: number
  /** `segment.index.bytes`: ... or when an index would be larger. */
  readonly segmentIndexBytes: number
  /** `index.interval.bytes` */
  readonly indexIntervalBytes: number
  /** `max.message.bytes`: of a batch, as it is written. */
  readonly maxMessageBytes: number
  /** `message.timestamp.type` */
  readonly messageTimestampType: 'CreateTime' | 'LogAppendTime'
  /** `message.timestamp.before.max.ms`: how old records may say they are. `never` for no limit. */
  readonly timestampBeforeMaxMs: number
  /** `message.timestamp.after.max.ms`: ... and how far ahead of the clock of the broker. */
  readonly timestampAfterMaxMs: number
  /** `cleanup.policy` has compact: offsets may be missing anywhere. */
  readonly isCompacted: boolean
  /** `cleanup.policy` has delete: `retention.ms` and `retention.bytes` hold. */
  readonly isDeleted: boolean
  /** `retention.ms`, -1 for no limit. */
  readonly retentionMs: number
  /** `retention.bytes`, -1 for no limit. */
  readonly retentionBytes: number
  /** `min.cleanable.dirty.ratio`, 0 to 1: what is dirty of all, before it is compacted. */
  readonly minCleanableDirtyRatio: number
  /** `min.compaction.lag.ms`: what is younger stays as it is. */
  readonly minCompactionLagMs: number
  /** `max.compaction.lag.ms`: what is older is compacted, however little. `never` for no limit. */
  readonly maxCompactionLagMs: number
  /** `delete.retention.ms`: how long a tombstone can be read after it was first compacted. */
  readonly deleteRetentionMs: number
  /**
   * Ours: when what was appended is answered for. `PageCache`: when the system has it, as in Kafka.
   * `Always`: when this broker's disk has it.
   */
  readonly flush: 'PageCache' | 'Always'
  /** `flush.messages`: so many may be in the page cache only, then they are flushed. */
  readonly flushMessages: number
  /** `flush.ms`: ... or for so long. `never` for both is Kafka's default. */
  readonly flushMs: number
}

/** In place of Kafka's 2^63 - 1, where a limit is none. */
export const never = Number.MAX_SAFE_INTEGER

/** Kafka's defaults. */
export const defaultLogConfig: LogConfig = {
  segmentBytes: 1_073_741_824,
  segmentMs: 7 * 24 * 60 * 60 * 1_000,
  segmentIndexBytes: 10 * 1_024 * 1_024,
  indexIntervalBytes: 4_096,
  maxMessageBytes: 1_048_588,
  messageTimestampType: 'CreateTime',
  timestampBeforeMaxMs: never,
  timestampAfterMaxMs: 60 * 60 * 1_000,
  isCompacted: false,
  isDeleted: true,
  retentionMs: 7 * 24 * 60 * 60 * 1_000,
  retentionBytes: -1,
  minCleanableDirtyRatio: 0.5,
  minCompactionLagMs: 0,
  maxCompactionLagMs: never,
  deleteRetentionMs: 24 * 60 * 60 * 1_000,
  flush: 'PageCache',
  flushMessages: never,
  flushMs: never,
}
