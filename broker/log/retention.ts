import type { LogConfig } from './log-config.ts'
import type { Segment } from './segment.ts'

/**
 * Where the log may begin, as far as `retention.ms` and `retention.bytes` are concerned: behind all
 * segments that only hold records older than that, or without which the log is still that large.
 * Whole segments go, from the oldest on, and never one with a record above the high watermark.
 * Without delete in `cleanup.policy` nothing goes.
 *
 * @param segments By rising offset. The active one too is behind it if all of it is too old.
 * @returns Undefined if nothing is to go.
 */
export function retainedFrom(
  segments: readonly Segment[],
  config: Pick<LogConfig, 'isDeleted' | 'retentionMs' | 'retentionBytes'>,
  {
    nowMs,
    highWatermark,
    logEndOffset,
  }: { nowMs: number; highWatermark: number; logEndOffset: number },
): number | undefined {
  if (!config.isDeleted) return undefined
  let from: number | undefined
  let sizeBytes = segments.reduce((sum, segment) => sum + segment.sizeBytes, 0)
  for (const [index, segment] of segments.entries()) {
    const end = segments[index + 1]?.baseOffset ?? logEndOffset
    if (end > highWatermark || segment.sizeBytes === 0) break
    // Of records that have no time nothing says that they are old.
    const hasTime = segment.maxTimestamp >= 0
    const ageMs = nowMs - segment.maxTimestamp
    const isOld = config.retentionMs >= 0 && hasTime && ageMs > config.retentionMs
    const isTooMuch =
      config.retentionBytes >= 0 && sizeBytes - segment.sizeBytes >= config.retentionBytes
    // By size alone the active segment stays: what is written now is wanted.
    if (!isOld && !(isTooMuch && index + 1 < segments.length)) break
    from = end
    sizeBytes -= segment.sizeBytes
  }
  return from
}
