import { nextOffsetOf } from '../protocol/records/header.ts'
import type { Segment } from './segment.ts'

/**
 * Where the last batch ends, found from the last entry of the index on.
 *
 * @returns Undefined if the segment does not end with a whole batch.
 */
export function lastOffsetEnd(segment: Segment): number | undefined {
  const { indexes, sizeBytes } = segment
  const indexed = indexes.makeSense(sizeBytes) ? indexes.lastPosition : 0
  // An index that leads astray is no proof that the batches are damaged.
  return endFrom(segment, indexed) ?? endFrom(segment, 0)
}

/** Where the batches end that lie before `position`. Goes over all of them. */
export function endBefore({ baseOffset, batches }: Segment, position: number): number {
  let end = baseOffset
  batches.walk(0, (bytes, start, at) => {
    if (at < position) end = nextOffsetOf(bytes, start)
    return at < position
  })
  return end
}

/**
 * Cuts off what lies behind the good batches, and makes both indexes anew. That of aborted
 * transactions is empty then, to be filled by who goes over the batches.
 *
 * What is there is made durable even if nothing is cut off: a process that was killed may have
 * cut it off already and not have got to that.
 */
export function rebuild(segment: Segment, goodBytes: number): void {
  const { batches, indexes } = segment
  batches.cut(goodBytes)
  indexes.clear()
  const end = batches.walk(0, (bytes, start, position) => {
    indexes.note(bytes, start, position)
    return true
  })
  batches.endAt(end)
  segment.close()
}

function endFrom({ baseOffset, batches }: Segment, position: number): number | undefined {
  let end = baseOffset
  const stop = batches.walk(position, (bytes, start) => {
    end = nextOffsetOf(bytes, start)
    return true
  })
  return stop === batches.sizeBytes ? end : undefined
}
