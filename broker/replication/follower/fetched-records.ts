import { baseOffsetOf, partitionLeaderEpochOf } from '../../protocol/records/header.ts'
import { batchStarts } from '../../protocol/records/walk.ts'
import type { FetchedRecords } from '../../replica/follower-answer.ts'

/** What matters of the whole batches that came; undefined where there is none. */
export function fetchedRecords(bytes: Uint8Array): FetchedRecords | undefined {
  let first: number | undefined
  let last = 0
  for (const start of batchStarts(bytes)) {
    first ??= start
    last = start
  }
  if (first === undefined) return undefined
  return {
    baseOffset: baseOffsetOf(bytes, first),
    firstLeaderEpoch: partitionLeaderEpochOf(bytes, first),
    lastLeaderEpoch: partitionLeaderEpochOf(bytes, last),
  }
}
