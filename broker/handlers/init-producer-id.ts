import type { RequestOf, ResponseInputOf } from '../protocol/apis.ts'
import { errorCodes } from '../protocol/generated/error-codes.ts'
import { errorOf } from './error-of.ts'
import type { HandlerServices } from './services.ts'

/**
 * Gives an idempotent producer its id. One that had an id already gets another, as in Kafka: only a
 * transactional one keeps it, for which there is no coordinator yet.
 */
export async function handleInitProducerId(
  { transactionalId }: RequestOf<'InitProducerId'>,
  { producerIds }: HandlerServices,
): Promise<ResponseInputOf<'InitProducerId'>> {
  if (transactionalId === '') return failed(errorCodes.INVALID_REQUEST)
  if (transactionalId !== null) return failed(errorCodes.COORDINATOR_NOT_AVAILABLE)
  try {
    const producerId = await producerIds.next()
    return { throttleTimeMs: 0, errorCode: errorCodes.NONE, producerId, producerEpoch: 0 }
  } catch (error) {
    return failed(errorOf(error).errorCode)
  }
}

function failed(errorCode: number): ResponseInputOf<'InitProducerId'> {
  return { throttleTimeMs: 0, errorCode, producerId: -1, producerEpoch: -1 }
}
