import { duplicates, onceEach } from '../../lib/duplicates.ts'
import type { Isolation, Partition } from '../partition/partition.ts'
import type { RequestOf, ResponseInputOf } from '../protocol/apis.ts'
import { zeroUuid } from '../protocol/codec/uuid.ts'
import { errorOf } from '../protocol/error-of.ts'
import { KafkaError } from '../protocol/errors.ts'
import { errorCodes } from '../protocol/generated/error-codes.ts'
import type { Context } from './services.ts'

type Wanted = RequestOf<'ListOffsets'>['topics'][number]['partitions'][number]
type Found = { readonly timestamp: number; readonly offset: number; readonly leaderEpoch: number }

/** Offsets by time, or of the ends. */
export function handleListOffsets(
  request: RequestOf<'ListOffsets'>,
  { services, version }: Context,
): ResponseInputOf<'ListOffsets'> {
  const isolation = request.isolationLevel === 1 ? 'read_committed' : 'read_uncommitted'
  return {
    topics: request.topics.map(({ name, partitions }) => {
      // Which of several questions an answer would be about nobody can tell.
      const twice = duplicates(partitions.map(indexOf))
      const answers = onceEach(partitions, indexOf).map((wanted) => {
        const { partitionIndex } = wanted
        if (twice.has(partitionIndex)) {
          return { partitionIndex, errorCode: errorCodes.INVALID_REQUEST }
        }
        try {
          const key = { topicId: zeroUuid, name }
          const partition = services.partitions.leaderOf(key, partitionIndex)
          partition.checkLeaderEpoch(wanted.currentLeaderEpoch)
          const { timestamp, offset, leaderEpoch } = find(partition, wanted, { isolation, version })
          const epoch = version < 4 ? {} : { leaderEpoch }
          return { partitionIndex, errorCode: errorCodes.NONE, timestamp, offset, ...epoch }
        } catch (error) {
          return { partitionIndex, errorCode: errorOf(error).errorCode }
        }
      })
      return { name, partitions: answers }
    }),
  }
}

function indexOf({ partitionIndex }: Wanted): number {
  return partitionIndex
}

/** Times that are none, from Kafka's ListOffsetsRequest, and the first version that has them. */
const special = {
  latest: { timestamp: -1, since: 1 },
  earliest: { timestamp: -2, since: 1 },
  maxTimestamp: { timestamp: -3, since: 7 }, // KIP-734
  earliestLocal: { timestamp: -4, since: 8 }, // KIP-405
  latestTiered: { timestamp: -5, since: 9 }, // KIP-1005
  earliestPendingUpload: { timestamp: -6, since: 11 }, // KIP-1023
} as const

function find(
  partition: Partition,
  { timestamp }: Wanted,
  { isolation, version }: { isolation: Isolation; version: number },
): Found {
  const { log } = partition
  const end = partition.endFor(isolation)
  if (timestamp >= 0) return within(partition, log.findTimestamp(timestamp), { end, version })
  const known = Object.values(special).find((own) => own.timestamp === timestamp)
  if (known === undefined || version < known.since) {
    throw new KafkaError('UNSUPPORTED_VERSION', `timestamp ${timestamp} in version ${version}`)
  }
  switch (timestamp) {
    case special.latest.timestamp:
      checkIsKnown(partition, version)
      return { timestamp: -1, offset: end, leaderEpoch: partition.leaderEpoch }
    case special.maxTimestamp.timestamp:
      return within(partition, log.findMaxTimestamp(), { end, version })
    case special.earliest.timestamp:
    case special.earliestLocal.timestamp: {
      const offset = log.logStartOffset
      return { timestamp: -1, offset, leaderEpoch: partition.epochAt(offset) }
    }
    default:
      return nothing // there is no tier
  }
}

/** What is not committed was not found. @throws {KafkaError} A new leader may not know yet that it is. */
function within(
  partition: Partition,
  found: Found | undefined,
  { end, version }: { end: number; version: number },
): Found {
  if (found !== undefined && found.offset < end) return found
  checkIsKnown(partition, version)
  return nothing
}

/** @throws {KafkaError} OFFSET_NOT_AVAILABLE (KIP-207), before version 5 LEADER_NOT_AVAILABLE. */
function checkIsKnown(partition: Partition, version: number): void {
  const refusal = partition.role.refuseLatestOffset()
  if (refusal === undefined) return
  throw version >= 5 ? refusal : new KafkaError('LEADER_NOT_AVAILABLE', refusal.message)
}

const nothing: Found = { timestamp: -1, offset: -1, leaderEpoch: -1 }
