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
  /** `cleanup.policy` has compact: offsets may be missing anywhere. */
  readonly isCompacted: boolean
  /** `retention.ms`, -1 for no limit. */
  readonly retentionMs: number
  /** `retention.bytes`, -1 for no limit. */
  readonly retentionBytes: number
}

/** Kafka's defaults. */
export const defaultLogConfig: LogConfig = {
  segmentBytes: 1_073_741_824,
  segmentMs: 7 * 24 * 60 * 60 * 1_000,
  segmentIndexBytes: 10 * 1_024 * 1_024,
  indexIntervalBytes: 4_096,
  maxMessageBytes: 1_048_588,
  messageTimestampType: 'CreateTime',
  isCompacted: false,
  retentionMs: 7 * 24 * 60 * 60 * 1_000,
  retentionBytes: -1,
}
