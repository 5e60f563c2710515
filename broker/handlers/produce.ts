import type { AppendResult } from '../log/leader-append.ts'
import { RefusedRecords } from '../log/produced-records.ts'
import { isInternalTopic } from '../metadata/internal-topics.ts'
import type { Acks, Partition } from '../partition/partition.ts'
import type { RequestOf, ResponseInputOf } from '../protocol/apis.ts'
import { errorOf } from '../protocol/error-of.ts'
import { KafkaError } from '../protocol/errors.ts'
import { errorCodes } from '../protocol/generated/error-codes.ts'
import { compressionOf, isTransactional } from '../protocol/records/header.ts'
import { checkIsOneBatch } from '../protocol/records/validate.ts'
import { currentLeader, nodesOf } from './brokers.ts'
import type { Context, Reply } from './services.ts'

type Request = RequestOf<'Produce'>
type Topic = Request['topicData'][number]
type PartitionData = Topic['partitionData'][number]
type PartitionResponse =
  ResponseInputOf<'Produce'>['responses'][number]['partitionResponses'][number]

/**
 * Appends each partition of the request on its leader. One bad partition fails alone. The answer is
 * there at once unless something is to be waited for.
 */
export function handleProduce(
  request: Request,
  context: Context,
): Reply<'Produce'> | Promise<Reply<'Produce'>> {
  const { services } = context
  const { partitions } = services
  const { acks, timeoutMs, topicData } = request
  const leaders = new Set<number>()
  const waiting: Promise<unknown>[] = []
  const responses = topicData.map((topic) => {
    const partitionResponses: PartitionResponse[] = []
    for (const [place, data] of topic.partitionData.entries()) {
      const answered = append(topic, data)
      if (!(answered instanceof Promise)) partitionResponses[place] = answered
      else waiting.push(answered.then((response) => void (partitionResponses[place] = response)))
    }
    return { name: topic.name, topicId: topic.topicId, partitionResponses }
  })
  return waiting.length === 0 ? reply() : Promise.all(waiting).then(reply)

  function reply(): Reply<'Produce'> {
    if (acks === 0) {
      const isRefused = responses.some(({ partitionResponses }) =>
        partitionResponses.some(({ errorCode }) => errorCode !== errorCodes.NONE),
      )
      // The only way to tell a producer that expects no answer to ask for metadata again.
      return isRefused ? 'close' : 'none'
    }
    return { responses, nodeEndpoints: nodesOf(services.image(), leaders, context.listener) }
  }

  function append(
    topic: Topic,
    data: PartitionData,
  ): PartitionResponse | Promise<PartitionResponse> {
    const { index } = data
    try {
      checkAcks(acks)
      const batch = checkedBatch(data, request, context.version)
      const leader = partitions.leaderOf(topic, index)
      checkInternal(leader, context.clientId)
      const results = leader.appendOrWait([batch], { acks, timeoutMs })
      const place = { topic, index, leader, sizeBytes: batch.byteLength }
      if (!(results instanceof Promise)) return responseOf(place, results)
      return results.then(
        (own) => responseOf(place, own),
        (error: unknown) => refused(topic, index, whyNow(topic, error)),
      )
    } catch (error) {
      return refused(topic, index, error)
    }
  }

  /** Where nothing is led here any more, since the topic was deleted meanwhile, that is what is to be said. */
  function whyNow(topic: Topic, error: unknown): unknown {
    if (!(error instanceof KafkaError) || error.code !== 'NOT_LEADER_OR_FOLLOWER') return error
    try {
      partitions.topic(topic)
      return error
    } catch (gone) {
      return gone
    }
  }

  function responseOf(place: Place, [result]: readonly AppendResult[]): PartitionResponse {
    const { topic, index, leader, sizeBytes } = place
    if (result === undefined || 'error' in result) {
      const response = refused(topic, index, result?.error)
      return { ...response, logStartOffset: startAfter(response.errorCode, leader) }
    }
    const { baseOffset, nextOffset, logAppendTimeMs } = result
    leader.traffic.produced(sizeBytes, nextOffset - baseOffset)
    const { logStartOffset } = leader.log
    return { index, errorCode: errorCodes.NONE, baseOffset, logAppendTimeMs, logStartOffset }
  }

  function refused(topic: Topic, index: number, error: unknown): PartitionResponse {
    partitions.countFailure(topic, 'produce')
    const recordErrors = recordErrorsOf(error)
    const response = { index, ...errorOf(error), baseOffset: -1, recordErrors }
    if (response.errorCode !== errorCodes.NOT_LEADER_OR_FOLLOWER || context.version < 10) {
      return response
    }
    const leader = currentLeader(partitions.topic(topic), index)
    leaders.add(leader.leaderId)
    return { ...response, currentLeader: leader }
  }
}

/** Where a batch went. */
type Place = {
  readonly topic: Topic
  readonly index: number
  readonly leader: Partition
  readonly sizeBytes: number
}

/** What brokers keep for themselves is theirs; Kafka lets its administrators in by that name. */
function checkInternal({ topic }: Partition, clientId: string | null): void {
  if (!isInternalTopic(topic) || clientId === '__admin_client') return
  throw new KafkaError('INVALID_TOPIC_EXCEPTION', `Cannot append to internal topic ${topic}`)
}

/** Of a batch that was looked into and refused Kafka tells where the log begins as well. */
function startAfter(errorCode: number, { log }: Partition): number {
  const { CORRUPT_MESSAGE, MESSAGE_TOO_LARGE } = errorCodes
  return errorCode === CORRUPT_MESSAGE || errorCode === MESSAGE_TOO_LARGE ? -1 : log.logStartOffset
}

/** So that a producer knows which of its records it must not send again (KIP-467). */
function recordErrorsOf(error: unknown): NonNullable<PartitionResponse['recordErrors']> {
  if (!(error instanceof RefusedRecords)) return []
  return error.records.map(({ index, reason }) => {
    return { batchIndex: index, batchIndexErrorMessage: reason }
  })
}

function checkAcks(acks: number): asserts acks is Acks {
  if (acks !== 0 && acks !== 1 && acks !== -1) {
    throw new KafkaError('INVALID_REQUIRED_ACKS', `acks ${acks} is none of 0, 1 and -1`)
  }
}

/** What depends on the request; the rest is checked where it is appended. */
function checkedBatch(
  { records }: PartitionData,
  { transactionalId }: Request,
  version: number,
): Uint8Array {
  if (records === null) throw new KafkaError('INVALID_RECORD', 'no batch')
  checkIsOneBatch(records)
  if (transactionalId !== null || isTransactional(records, 0)) {
    throw new KafkaError('INVALID_TXN_STATE', 'there are no transactions yet')
  }
  if (version < 7 && compressionOf(records, 0) === 'zstd') {
    throw new KafkaError('UNSUPPORTED_COMPRESSION_TYPE', 'zstd needs Produce 7 or newer (KIP-110)')
  }
  return records
}
