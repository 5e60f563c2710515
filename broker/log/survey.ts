import { StorageError } from '../../lib/storage-error.ts'
import { nextOffsetOf } from '../protocol/records/header.ts'
import { isAsFlushed } from './as-flushed.ts'
import { isGoodBatch } from './good-batch.ts'
import type { LogConfig } from './log-config.ts'
import type { Found } from './log-options.ts'
import type { Segment } from './segment.ts'
import { lastOffsetEnd } from './segment-recovery.ts'

export type RecoveryOptions = {
  readonly directory: string
  readonly config: LogConfig
  /** All before it was once made durable: what is missing there is lost, not merely unfinished. */
  readonly flushedEndOffset: number
  /** As checkpointed; retention and DeleteRecords may have moved it into a segment. */
  readonly logStartOffset: number
  /** `producer.id.expiration.ms`, and the time by which producers are forgotten. */
  readonly producerIdExpirationMs: number
  readonly nowMs: number
  /** Whether the broker was stopped in order: then nothing needs to be looked at. */
  readonly clean: boolean
}

export type Survey = {
  /** Where the good batches of the log end. */
  readonly end: number
  /** How many segments have some, or are empty in their place. */
  readonly kept: number
  /** Of the segments that were checked, how many bytes of good batches each has. */
  readonly goodBytes: ReadonlyMap<Segment, number>
  readonly found: Found
}

/** Looks at all that may be torn, and changes nothing. */
export function surveyOf(segments: readonly Segment[], options: RecoveryOptions): Survey {
  const goodBytes = new Map<Segment, number>()
  let scanned = false
  let end = segments[0]?.baseOffset ?? 0
  for (const [index, segment] of segments.entries()) {
    const next = segments[index + 1]
    if (segment.baseOffset < end) {
      throw untrusted(options, `segment ${segment.baseOffset} begins before ${end}`)
    }
    // A flush that ends where the next one begins may have come before this one was closed.
    if (next !== undefined && (options.clean || next.baseOffset < options.flushedEndOffset)) {
      end = segment.baseOffset // it ends somewhere before the next one
      continue
    }
    if (options.clean) {
      const last = lastOffsetEnd(segment)
      if (last === undefined) throw untrusted(options, `${segment.path} ends within a batch`)
      return { end: last, kept: index + 1, goodBytes, found: 'stopped' }
    }
    if (next === undefined && isAsFlushed(segment, options.flushedEndOffset)) {
      return { end: options.flushedEndOffset, kept: index + 1, goodBytes, found: 'flushed' }
    }
    // A hole: the end of the segment before was never written, so that this one cannot be kept.
    const mayHaveGaps = options.config.isCompacted
    if (scanned && !mayHaveGaps && segment.baseOffset > end) {
      return { end, kept: index, goodBytes, found: 'recovered' }
    }
    scanned = true
    end = segment.baseOffset
    const good = segment.batches.scan((bytes, start) => {
      if (!isGoodBatch(bytes, start, end)) return false
      end = nextOffsetOf(bytes, start)
      return true
    })
    goodBytes.set(segment, good)
    // Behind a torn batch nothing was made durable, so that nobody has been told of it.
    if (good < segment.sizeBytes) {
      return { end, kept: index + 1, goodBytes, found: 'recovered' }
    }
  }
  return { end, kept: segments.length, goodBytes, found: 'recovered' }
}

export function untrusted({ directory }: RecoveryOptions, what: string): StorageError {
  const advice = 'nothing was changed; another replica or a backup may have what is missing'
  return new StorageError('Untrusted', `${directory} cannot be trusted: ${what} (${advice})`)
}
