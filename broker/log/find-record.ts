import type { DecompressionBudget } from '../protocol/records/decompression-budget.ts'
import { partitionLeaderEpochOf } from '../protocol/records/header.ts'
import { RecordCursor } from '../protocol/records/record-cursor.ts'
import type { BatchPlace } from './batch-file.ts'
import type { Segment } from './segment.ts'

/** A record that was looked for by its time, as ListOffsets answers it. */
export type FoundRecord = {
  readonly timestamp: number
  readonly offset: number
  readonly leaderEpoch: number
}

/**
 * The first record at or behind an offset that is not before a time. Segments and indexes say in
 * which batch it can be; only that batch is decoded.
 *
 * @param segments By rising offset.
 * @throws {KafkaError} If the batch cannot be read: see `RecordCursor`.
 */
export function findByTimestamp(
  segments: Iterable<Segment>,
  { timestamp, startOffset }: { timestamp: number; startOffset: number },
): FoundRecord | undefined {
  for (const segment of segments) {
    let place = segment.findTimestamp(timestamp)
    while (place !== undefined) {
      const found = firstIn(segment, place, (record) => {
        return record.timestamp >= timestamp && record.offset >= startOffset
      })
      if (found !== undefined) return found
      // Its late records all lie before the start, or it says more than it holds.
      place = segment.findTimestamp(timestamp, place.endPosition)
    }
  }
  return undefined
}

/** The first record with the largest timestamp of all, if there is any with a timestamp. */
export function findMaxTimestamp(segments: Iterable<Segment>): FoundRecord | undefined {
  let latest: Segment | undefined
  for (const segment of segments) {
    if (segment.maxTimestamp > (latest?.maxTimestamp ?? -1)) latest = segment
  }
  const place = latest?.findMaxTimestamp()
  if (latest === undefined || place === undefined) return undefined
  const { maxTimestamp } = latest
  return firstIn(latest, place, ({ timestamp }) => timestamp === maxTimestamp)
}

function firstIn(
  segment: Segment,
  { position }: BatchPlace,
  wanted: (record: RecordCursor) => boolean,
): FoundRecord | undefined {
  const bytes = segment.batches.whole(position)
  const budget: DecompressionBudget = { remainingBytes: maxDecompressedBytes }
  const cursor = new RecordCursor(bytes, 0, budget)
  while (cursor.next()) {
    if (!wanted(cursor)) continue
    const { timestamp, offset } = cursor
    return { timestamp, offset, leaderEpoch: partitionLeaderEpochOf(bytes, 0) }
  }
  return undefined
}

/** What one batch may become while somebody looks for a time in it. */
const maxDecompressedBytes = 256 * 1024 * 1024
