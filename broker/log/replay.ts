import { isControl, nextOffsetOf } from '../protocol/records/header.ts'
import type { LogState } from './log-state.ts'
import type { Segment } from './segment.ts'

/**
 * Tells a state of all batches that it has not been told of, from the end of what its producers
 * know on. Of batches of records only the headers are read.
 */
export function replaySegments(
  segments: Iterable<Segment>,
  state: LogState,
  told: (segment: Segment, result: ReturnType<LogState['replay']>) => void,
): void {
  const from = state.producers.mapEndOffset
  // Epochs are told in the order of the batches, as if those to come had never been there.
  state.epochs.truncateFromEnd(from)
  for (const segment of segments) {
    const position = segment.find(from)?.position
    if (position === undefined) continue
    segment.batches.walk(position, (bytes, start, at) => {
      if (nextOffsetOf(bytes, start) <= from) return true
      const batch = isControl(bytes, start) ? segment.batches.whole(at) : undefined
      told(segment, batch === undefined ? state.replay(bytes, start) : state.replay(batch))
      return true
    })
  }
}
