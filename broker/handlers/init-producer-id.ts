import type { RequestOf, ResponseInputOf } from '../protocol/apis.ts'
import { errorOf } from '../protocol/error-of.ts'
import { errorCodes } from '../protocol/generated/error-codes.ts'
import type { Context } from './services.ts'

/**
 * Gives a producer an id of its own. One without transactions that asks again, to go on with a
 * higher epoch (KIP-360), gets a new id with epoch 0, as from Kafka.
 */
export async function handleInitProducerId(
  { transactionalId, producerId: knownId, producerEpoch: knownEpoch }: RequestOf<'InitProducerId'>,
  { services }: Context,
): Promise<ResponseInputOf<'InitProducerId'>> {
  if (transactionalId === '') return refused(errorCodes.INVALID_REQUEST)
  if ((knownId === -1) !== (knownEpoch === -1)) return refused(errorCodes.INVALID_REQUEST)
  // There are no transaction coordinators yet.
  if (transactionalId !== null) return refused(errorCodes.COORDINATOR_NOT_AVAILABLE)
  try {
    const producerId = await services.producerIds.next()
    return { throttleTimeMs: 0, errorCode: errorCodes.NONE, producerId, producerEpoch: 0 }
  } catch (error) {
    const { errorCode } = errorOf(error)
    // What no producer knows to try again would end it.
    const isAway = errorCode === errorCodes.NOT_CONTROLLER
    return refused(isAway ? errorCodes.COORDINATOR_NOT_AVAILABLE : errorCode)
  }
}

function refused(errorCode: number): ResponseInputOf<'InitProducerId'> {
  return { throttleTimeMs: 0, errorCode, producerId: -1, producerEpoch: -1 }
}
