import type { Isolation, Partition } from '../partition/partition.ts'
import type { RequestOf, ResponseInputOf } from '../protocol/apis.ts'
import { errorOf } from '../protocol/error-of.ts'
import { KafkaError } from '../protocol/errors.ts'
import { errorCodes } from '../protocol/generated/error-codes.ts'
import { currentLeader, nodesOf } from './brokers.ts'
import { firstWithRack, nearestReplica } from './nearest-replica.ts'
import type { Context } from './services.ts'

type Request = RequestOf<'Fetch'>
type Topic = Pick<Request['topics'][number], 'topic' | 'topicId'>
type Wanted = Request['topics'][number]['partitions'][number]
type PartitionResponse = ResponseInputOf<'Fetch'>['responses'][number]['partitions'][number]

/** What there is for a Fetch right now. */
export type FetchRead = {
  readonly response: ResponseInputOf<'Fetch'>
  readonly sizeBytes: number
  /** There is an error, a divergence or a nearer replica, of which its consumer should hear at once. */
  readonly hasNews: boolean
  /** Those that can be read. */
  readonly partitions: ReadonlySet<Partition>
  /** What was answered for each of them. */
  readonly answers: Answers
}

type Answer = {
  readonly partition: Partition
  readonly response: PartitionResponse
  /** Of its records. */
  readonly sizeBytes: number
}
type Answers = ReadonlyMap<Wanted, Answer>

/**
 * Reads partitions in the order of the request until it has enough. The first batch of all comes
 * even if it is larger than the limits, so that a consumer always moves on (KIP-74).
 *
 * @param before What was read before: of what was empty then, only what has changed is read again.
 * @returns Views on memory that is used again: they may be looked at for this turn (`FrameMemory`).
 */
export function readAll(
  request: Request,
  context: Context,
  before?: { answers: Answers; changed: ReadonlySet<Partition> },
): FetchRead {
  const { services, version } = context
  const isolation = request.isolationLevel === 1 ? 'read_committed' : 'read_uncommitted'
  const nearest = nearestReplica(request, context)
  const read = new Set<Partition>()
  const leaders = new Set<number>()
  const answers = new Map<Wanted, Answer>()
  let sizeBytes = 0
  let hasNews = false
  const responses = request.topics.map(({ topic, topicId, partitions }) => ({
    topic,
    topicId,
    partitions: partitions.map(
      (wanted) => stillEmpty(wanted) ?? readOne({ topic, topicId }, wanted),
    ),
  }))
  const nodeEndpoints = version < 16 ? [] : nodesOf(services.image(), leaders, context.listener)
  const response = { throttleTimeMs: 0, errorCode: errorCodes.NONE, responses, nodeEndpoints }
  return { response, sizeBytes, hasNews, partitions: read, answers }

  function stillEmpty(wanted: Wanted): PartitionResponse | undefined {
    const own = before?.answers.get(wanted)
    if (own === undefined || before?.changed.has(own.partition) === true) return undefined
    if (own.response.records !== nothing) return undefined
    read.add(own.partition)
    answers.set(wanted, own)
    return own.response
  }

  function readOne(topic: Topic, wanted: Wanted): PartitionResponse {
    try {
      const key = { topicId: topic.topicId, name: topic.topic }
      const { partitions } = services
      const partition =
        version < firstWithRack
          ? partitions.leaderOf(key, wanted.partition)
          : partitions.replicaOf(key, wanted.partition)
      // Whatever is negative says nothing, as to Kafka.
      partition.checkLeaderEpoch(Math.max(-1, wanted.currentLeaderEpoch))
      const preferredReadReplica = nearest?.(partition, wanted.fetchOffset)
      if (preferredReadReplica !== undefined) {
        hasNews = true
        const known = ends(partition, wanted, isolation)
        return { ...known, abortedTransactions: null, preferredReadReplica }
      }
      const divergingEpoch = divergence(partition, wanted)
      if (divergingEpoch !== undefined) {
        hasNews = true
        return { ...ends(partition, wanted, isolation), divergingEpoch }
      }
      read.add(partition)
      const before = sizeBytes
      const response = readFrom(partition, wanted, isolation)
      answers.set(wanted, { partition, response, sizeBytes: sizeBytes - before })
      return response
    } catch (error) {
      hasNews = true
      return refused(topic, wanted, error)
    }
  }

  function readFrom(partition: Partition, wanted: Wanted, isolation: Isolation): PartitionResponse {
    const { fetchOffset, partitionMaxBytes } = wanted
    const maxBytes = Math.min(partitionMaxBytes, request.maxBytes - sizeBytes)
    const isFirst = sizeBytes === 0
    const empty = ends(partition, wanted, isolation)
    const slice = partition.read(fetchOffset, { maxBytes: Math.max(0, maxBytes), isolation })
    if (slice.sizeBytes === 0 || (slice.sizeBytes > maxBytes && !isFirst)) return empty
    sizeBytes += slice.sizeBytes
    const abortedTransactions =
      isolation === 'read_committed' ? partition.abortedTransactions(fetchOffset) : null
    return { ...empty, abortedTransactions, records: slice.parts }
  }

  function refused(topic: Topic, wanted: Wanted, error: unknown): PartitionResponse {
    services.partitions.countFailure({ topicId: topic.topicId, name: topic.topic }, 'fetch')
    const { errorCode } = errorOf(error)
    // As from Kafka, which finds out in two places: to a client null and none are the same.
    const abortedTransactions = isUnknown(errorCode) ? [] : null
    const none = { highWatermark: -1, abortedTransactions, records: nothing }
    const response = { partitionIndex: wanted.partition, errorCode, ...none }
    if (!isOfLeader(errorCode) || version < 12) return response
    const key = { topicId: topic.topicId, name: topic.topic }
    const leader = currentLeader(services.partitions.topic(key), wanted.partition)
    leaders.add(leader.leaderId)
    return { ...response, currentLeader: leader }
  }
}

function ends(
  partition: Partition,
  { partition: partitionIndex }: Wanted,
  isolation: Isolation,
): PartitionResponse {
  return {
    partitionIndex,
    errorCode: errorCodes.NONE,
    highWatermark: partition.highWatermark,
    lastStableOffset: partition.lastStableOffset,
    logStartOffset: partition.log.logStartOffset,
    abortedTransactions: isolation === 'read_committed' ? [] : null,
    records: nothing,
  }
}

/** Who read from the leader until it was deposed reads from a follower now, and hears of the epoch. */
function isOfLeader(errorCode: number): boolean {
  const { NOT_LEADER_OR_FOLLOWER, FENCED_LEADER_EPOCH } = errorCodes
  return errorCode === NOT_LEADER_OR_FOLLOWER || errorCode === FENCED_LEADER_EPOCH
}

function isUnknown(errorCode: number): boolean {
  const { UNKNOWN_TOPIC_OR_PARTITION, UNKNOWN_TOPIC_ID } = errorCodes
  return errorCode === UNKNOWN_TOPIC_OR_PARTITION || errorCode === UNKNOWN_TOPIC_ID
}

/**
 * Where the log parted from what the reader has: its last batch is of an epoch that ended before
 * (KIP-595, KIP-320).
 *
 * @throws {KafkaError} OFFSET_OUT_OF_RANGE for an epoch of which this log knows nothing.
 */
function divergence(
  partition: Partition,
  { lastFetchedEpoch, fetchOffset }: Wanted,
): { epoch: number; endOffset: number } | undefined {
  if (lastFetchedEpoch < 0) return undefined
  const end = partition.endOffsetFor(lastFetchedEpoch)
  if (end.epoch < 0) {
    throw new KafkaError('OFFSET_OUT_OF_RANGE', `nothing is known of epoch ${lastFetchedEpoch}`)
  }
  return end.epoch < lastFetchedEpoch || end.endOffset < fetchOffset ? end : undefined
}

const nothing = new Uint8Array(0)
