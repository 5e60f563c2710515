import type { Acks, Partition } from '../partition/partition.ts'
import type { TopicKey } from '../partition/partitions.ts'
import type { RequestOf, ResponseInputOf } from '../protocol/apis.ts'
import { KafkaError } from '../protocol/errors.ts'
import { errorCodes } from '../protocol/generated/error-codes.ts'
import { compressionOf, isTransactional, magicOf } from '../protocol/records/header.ts'
import { headerSizeBytes } from '../protocol/records/layout.ts'
import { LeaderHints } from './broker-nodes.ts'
import { errorOf } from './error-of.ts'
import { topicOf } from './find-topic.ts'
import { type HandlerServices, NoAnswer, type Reply, type RequestContext } from './services.ts'

type Request = RequestOf<'Produce'>
type PartitionData = Request['topicData'][number]['partitionData'][number]
type TopicResponse = ResponseInputOf<'Produce'>['responses'][number]
type PartitionResponse = TopicResponse['partitionResponses'][number]

/** Appends each partition of the request on its leader. One bad partition fails alone. */
export async function handleProduce(
  request: Request,
  services: HandlerServices,
  context: RequestContext,
): Promise<Reply<'Produce'>> {
  const { acks, timeoutMs } = request
  const { version } = context
  const hints = new LeaderHints(services.image(), context.listener)
  const topics = request.topicData.map(async ({ name, topicId, partitionData }) => {
    const key: TopicKey = version >= 13 ? { id: topicId } : { name }
    const appends = partitionData.map((data) => append(key, data))
    return { name, topicId, partitionResponses: await Promise.all(appends) }
  })
  const responses = await Promise.all(topics)
  if (acks === 0) return withoutAnswer(responses)
  const nodeEndpoints = hints.endpoints()
  return { responses, ...(version >= 10 && nodeEndpoints.length > 0 ? { nodeEndpoints } : {}) }

  async function append(key: TopicKey, data: PartitionData): Promise<PartitionResponse> {
    const { index } = data
    try {
      checkAcks(acks)
      const batch = batchOf(data, request, version)
      const leader: Partition = services.partitions.leaderOf(key, index)
      const { baseOffset, logAppendTimeMs } = await leader.append(batch, { acks, timeoutMs })
      const { logStartOffset } = leader.log
      return { index, errorCode: errorCodes.NONE, baseOffset, logAppendTimeMs, logStartOffset }
    } catch (error) {
      const failed = { index, ...errorOf(error), baseOffset: -1 }
      if (version < 10 || failed.errorCode !== errorCodes.NOT_LEADER_OR_FOLLOWER) return failed
      const currentLeader = hints.leaderOf(topicOf(services.image(), key), index)
      return { ...failed, currentLeader }
    }
  }
}

/** To close the connection is the only way to tell a producer that wants no answer. */
function withoutAnswer(responses: readonly TopicResponse[]): NoAnswer {
  for (const { partitionResponses } of responses) {
    const failed = partitionResponses.find(({ errorCode }) => errorCode !== errorCodes.NONE)
    if (failed !== undefined) return new NoAnswer('ProduceFailed')
  }
  return new NoAnswer()
}

function checkAcks(acks: number): asserts acks is Acks {
  if (acks === 0 || acks === 1 || acks === -1) return
  throw new KafkaError('INVALID_REQUIRED_ACKS', `acks is ${acks}: 0, 1 and -1 are known`)
}

/** Checks what depends on the request; the log checks the rest. */
function batchOf(
  { records }: PartitionData,
  { transactionalId }: Request,
  version: number,
): Uint8Array {
  if (records === null || records.byteLength === 0) {
    throw new KafkaError('INVALID_RECORD', 'no batch')
  }
  if (records.byteLength < headerSizeBytes) {
    throw new KafkaError('CORRUPT_MESSAGE', 'the batch is cut off')
  }
  if (magicOf(records, 0) !== 2) return records // its other fields lie elsewhere; the log refuses it
  if (transactionalId !== null || isTransactional(records, 0)) {
    // What Kafka answers while there is no coordinator to say whether the partition is in the
    // transaction (KIP-890): the producer may try again.
    const why = 'there is no transaction coordinator to ask about its transaction'
    throw new KafkaError('NOT_ENOUGH_REPLICAS', why)
  }
  if (version < 7 && compressionOf(records, 0) === 'zstd') {
    const why = `zstd is not for Produce version ${version} (KIP-110)`
    throw new KafkaError('UNSUPPORTED_COMPRESSION_TYPE', why)
  }
  return records
}
