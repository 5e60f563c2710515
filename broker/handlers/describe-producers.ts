import { quoted } from '../../lib/wording.ts'
import type { RequestOf, ResponseInputOf } from '../protocol/apis.ts'
import { zeroUuid } from '../protocol/codec/uuid.ts'
import { errorOf } from '../protocol/error-of.ts'
import { KafkaError } from '../protocol/errors.ts'
import { errorCodes } from '../protocol/generated/error-codes.ts'
import type { Context, Services } from './services.ts'
import { isTopicName } from './topic-names.ts'

/** What the leaders of partitions know of idempotent and transactional producers (KIP-664). */
export function handleDescribeProducers(
  { topics }: RequestOf<'DescribeProducers'>,
  { services }: Context,
): ResponseInputOf<'DescribeProducers'> {
  return {
    throttleTimeMs: 0,
    topics: topics.map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map((partitionIndex) => {
        try {
          const activeProducers = producersOf(services, name, partitionIndex)
          return { partitionIndex, errorCode: errorCodes.NONE, activeProducers }
        } catch (error) {
          return { partitionIndex, ...errorOf(error), activeProducers: [] }
        }
      }),
    })),
  }
}

function producersOf({ partitions }: Services, name: string, index: number) {
  if (!isTopicName(name)) {
    throw new KafkaError('INVALID_TOPIC_EXCEPTION', `${quoted(name)} is no name of a topic`)
  }
  const { known } = partitions.leaderOf({ topicId: zeroUuid, name }, index).log
  return Array.from(known?.producers.producers() ?? [], (own) => ({
    producerId: own.producerId,
    producerEpoch: own.producerEpoch,
    lastSequence: own.lastSequence,
    lastTimestamp: own.lastTimestamp,
    coordinatorEpoch: own.coordinatorEpoch,
    currentTxnStartOffset: own.currentTransactionFirstOffset,
  }))
}
