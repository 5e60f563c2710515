import { invariant } from '../../lib/invariant.ts'
import type { BatchPlace } from './batch-file.ts'
import type { Segment } from './segment.ts'
import { endBefore } from './segment-recovery.ts'
import type { Segments } from './segments.ts'

/** Where a log is cut off: its new end, and the batch that goes first, if that is not a whole segment. */
export type CutPlace = {
  readonly endOffset: number
  readonly segment: Segment | undefined
  readonly place: BatchPlace | undefined
}

/**
 * Where the batch begins that holds `offset`. Where that was compacted away, it is where the batch
 * before ends: the next start would find no other end either.
 */
export function cutPlaceOf(segments: Segments, offset: number): CutPlace {
  const segment = segments.from(offset)[0]
  const place = segment?.find(offset)
  const isHeld = segment === undefined || place === undefined || place.baseOffset <= offset
  const endOffset = isHeld ? (place?.baseOffset ?? offset) : endBefore(segment, place.position)
  invariant(endOffset <= offset, 'a log is cut off where it was asked to, or before')
  return { endOffset, segment, place }
}
