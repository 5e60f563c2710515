import { OffsetIndex } from '../offset-index.ts'
import { TimeIndex } from '../time-index.ts'

export type GroupedSegment = {
  readonly baseOffset: number
  readonly sizeBytes: number
  readonly indexEntries: number
}

export type GroupLimits = {
  readonly segmentBytes: number
  readonly segmentIndexBytes: number
  /** Where the last of the segments ends. */
  readonly endOffset: number
}

/**
 * Which neighbours become one segment: as many as fit in one even if nothing is removed, so that
 * segments do not become ever smaller. One that is too large already is alone.
 */
export function groupSegments<S extends GroupedSegment>(
  segments: readonly S[],
  { segmentBytes, segmentIndexBytes, endOffset }: GroupLimits,
): S[][] {
  const groups: S[][] = []
  let sizeBytes = 0
  let indexBytes = 0
  for (const [index, segment] of segments.entries()) {
    const group = groups.at(-1)
    const lastOffset = (segments[index + 1]?.baseOffset ?? endOffset) - 1
    const entryBytes = Math.max(OffsetIndex.entryBytes, TimeIndex.entryBytes)
    const ownIndexBytes = segment.indexEntries * entryBytes
    const fits =
      group !== undefined &&
      sizeBytes + segment.sizeBytes <= segmentBytes &&
      indexBytes + ownIndexBytes <= segmentIndexBytes &&
      lastOffset - (group[0] as S).baseOffset <= maxRelativeOffset
    if (fits) group.push(segment)
    else {
      groups.push([segment])
      sizeBytes = 0
      indexBytes = 0
    }
    sizeBytes += segment.sizeBytes
    indexBytes += ownIndexBytes
  }
  return groups
}

const maxRelativeOffset = 2 ** 31 - 1
