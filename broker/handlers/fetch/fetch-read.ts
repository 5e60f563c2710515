import type { Isolation, Partition } from '../../partition/partition.ts'
import type { Partitions } from '../../partition/partitions.ts'
import { KafkaError } from '../../protocol/errors.ts'
import { errorCodes } from '../../protocol/generated/error-codes.ts'
import type { Part } from '../../protocol/schema/fields.ts'
import { errorOf } from '../error-of.ts'
import type { Wanted } from './wanted.ts'

/** What there is of one partition. Nothing was copied, nor read from the disk. */
export type FetchResult = {
  readonly wanted: Wanted
  /** Undefined after an error. */
  readonly source: Partition | undefined
  readonly errorCode: number
  readonly highWatermark: number
  readonly lastStableOffset: number
  readonly logStartOffset: number
  readonly divergingEpoch: { readonly epoch: number; readonly endOffset: number } | undefined
  /** Null for who reads all that is committed or not. */
  readonly aborted: readonly { producerId: number; firstOffset: number }[] | null
  readonly parts: readonly Part[]
  readonly sizeBytes: number
}

export type ReadOptions = {
  readonly partitions: Partitions
  readonly isolation: Isolation
  /** Of all partitions together. */
  readonly maxBytes: number
}

/**
 * Reads partitions one after the other, as far as `maxBytes` goes. The first batch of the first that
 * has any comes even if it is larger, so that a reader always moves on (KIP-74).
 */
export function readAll(wanted: readonly Wanted[], options: ReadOptions): FetchResult[] {
  let leftBytes = options.maxBytes
  let atLeastOne = true
  return wanted.map((own) => {
    const result = readOne(own, { ...options, maxBytes: leftBytes, atLeastOne })
    leftBytes -= result.sizeBytes
    if (result.sizeBytes > 0) atLeastOne = false
    return result
  })
}

export function readOne(
  wanted: Wanted,
  { partitions, isolation, maxBytes, atLeastOne }: ReadOptions & { atLeastOne: boolean },
): FetchResult {
  const { key, partition, currentLeaderEpoch, fetchOffset } = wanted
  try {
    const source = partitions.leaderOf(key, partition, { currentLeaderEpoch })
    const ends = {
      wanted,
      source,
      errorCode: errorCodes.NONE,
      highWatermark: source.highWatermark(),
      lastStableOffset: source.lastStableOffset(),
      logStartOffset: source.log.logStartOffset,
      divergingEpoch: divergingEpoch(source, wanted),
    }
    if (ends.divergingEpoch !== undefined) return { ...ends, ...noRecords(isolation) }
    const most = Math.min(wanted.maxBytes, maxBytes)
    const slice = source.read(fetchOffset, { maxBytes: most, atLeastOne, isolation })
    if (slice.sizeBytes === 0) return { ...ends, ...noRecords(isolation) }
    return { ...ends, aborted: abortedOf(source, fetchOffset, isolation), ...slice }
  } catch (error) {
    const { errorCode } = errorOf(error)
    return { ...unknown, wanted, errorCode, ...noRecords('read_uncommitted') }
  }
}

/** Where the log parts from what the reader has, if it does. Only followers say what they have. */
function divergingEpoch(
  source: Partition,
  { lastFetchedEpoch, fetchOffset }: Wanted,
): FetchResult['divergingEpoch'] {
  if (lastFetchedEpoch < 0) return undefined
  const end = source.endOffsetForEpoch(lastFetchedEpoch)
  if (end.endOffset < 0) {
    const message = `nothing is known of leader epoch ${lastFetchedEpoch}`
    throw new KafkaError('OFFSET_OUT_OF_RANGE', message)
  }
  return end.epoch < lastFetchedEpoch || end.endOffset < fetchOffset ? end : undefined
}

function abortedOf(source: Partition, fetchOffset: number, isolation: Isolation) {
  if (isolation === 'read_uncommitted') return null
  const upperBoundOffset = source.lastStableOffset()
  return source.log.abortedTransactions({ fetchOffset, upperBoundOffset })
}

function noRecords(isolation: Isolation): Pick<FetchResult, 'aborted' | 'parts' | 'sizeBytes'> {
  return { aborted: isolation === 'read_committed' ? [] : null, parts: [], sizeBytes: 0 }
}

const unknown = {
  source: undefined,
  highWatermark: -1,
  lastStableOffset: -1,
  logStartOffset: -1,
  divergingEpoch: undefined,
}
