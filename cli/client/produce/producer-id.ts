import type { Clock } from '../../../lib/clock.ts'
import { answerError } from '../client-error.ts'
import type { Cluster } from '../cluster.ts'
import { patiently } from '../patience.ts'

/** By which brokers know what they have already taken, so that a retry duplicates nothing. */
export type ProducerId = { readonly producerId: number; readonly producerEpoch: number }

/** @throws {ClientError} */
export function initProducerId(
  { cluster, clock }: { cluster: Cluster; clock: Clock },
  patienceMs: number,
): Promise<ProducerId> {
  return patiently({ clock, patienceMs }, async () => {
    const request = { transactionalId: null, transactionTimeoutMs: 60_000 }
    const { errorCode, producerId, producerEpoch } = await cluster.ask('InitProducerId', request)
    if (errorCode !== 0) throw answerError(errorCode, 'no producer id')
    return { producerId, producerEpoch }
  })
}
