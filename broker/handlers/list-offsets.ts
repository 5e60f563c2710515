import { type FoundOffset, findOffset } from '../partition/find-offset.ts'
import type { RequestOf, ResponseInputOf } from '../protocol/apis.ts'
import { KafkaError } from '../protocol/errors.ts'
import { errorCodes } from '../protocol/generated/error-codes.ts'
import { errorOf } from './error-of.ts'
import { isolationOf } from './isolation.ts'
import type { HandlerServices, RequestContext } from './services.ts'

type Request = RequestOf<'ListOffsets'>
type Wanted = Request['topics'][number]['partitions'][number]
type Response = ResponseInputOf<'ListOffsets'>
type PartitionResponse = Response['topics'][number]['partitions'][number]

/** The version since which a time that is none is known; see `findOffset`. */
const specialSince: ReadonlyMap<number, number> = new Map([
  [-3, 7], // KIP-734
  [-4, 8], // KIP-405
  [-5, 9], // KIP-1005
  [-6, 11], // KIP-1023
])

/** Offsets by time, or where logs begin and end. */
export function handleListOffsets(
  request: Request,
  services: HandlerServices,
  { version }: RequestContext,
): Response {
  const topics = request.topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map((wanted) => answer(name, wanted)),
  }))
  return { topics }

  function answer(name: string, wanted: Wanted): PartitionResponse {
    const { partitionIndex } = wanted
    try {
      const found = find(name, wanted)
      const { leaderEpoch, ...place } = found
      const epoch = version >= 4 ? { leaderEpoch } : {}
      return { partitionIndex, errorCode: errorCodes.NONE, ...place, ...epoch }
    } catch (error) {
      return { partitionIndex, errorCode: codeFor(errorOf(error).errorCode, version) }
    }
  }

  function find(
    name: string,
    { partitionIndex, currentLeaderEpoch, timestamp }: Wanted,
  ): FoundOffset {
    const since = specialSince.get(timestamp) ?? 0
    if (version < since) {
      throw new KafkaError('UNSUPPORTED_VERSION', `${timestamp} is known since version ${since}`)
    }
    const leader = services.partitions.leaderOf({ name }, partitionIndex, { currentLeaderEpoch })
    return findOffset(leader, timestamp, isolationOf(request.isolationLevel))
  }
}

/** As Kafka answers who does not know OFFSET_NOT_AVAILABLE. */
function codeFor(errorCode: number, version: number): number {
  const isUnknown = errorCode === errorCodes.OFFSET_NOT_AVAILABLE && version < 5
  return isUnknown ? errorCodes.LEADER_NOT_AVAILABLE : errorCode
}
