import { KafkaError } from '../protocol/errors.ts'
import { errorCodes } from '../protocol/generated/error-codes.ts'
import type { Services } from './services.ts'

/** What became of topics that could not be made, by name: a code of the protocol. */
export type Refused = ReadonlyMap<string, number>

/**
 * Has the controller make topics with what the cluster has for partitions and replicas, and waits
 * until they are known here, so that their client need not ask again.
 */
export async function autoCreate(
  names: readonly string[],
  { controller }: Pick<Services, 'controller'>,
): Promise<Refused> {
  const topics = names.map((name) => {
    return { name, numPartitions: -1, replicationFactor: -1, assignments: [], configs: [] }
  })
  const request = { topics, timeoutMs: mostWaitMs, validateOnly: false }
  try {
    const answer = await controller.forward('CreateTopics', 7, request)
    await controller.caughtUp(mostWaitMs)
    const refused = new Map<string, number>()
    for (const { name, errorCode } of answer.topics) {
      const isThere = errorCode === 0 || errorCode === errorCodes.TOPIC_ALREADY_EXISTS
      if (!isThere) refused.set(name, errorCode)
    }
    return refused
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error
    return new Map() // no controller: the topics stay unknown, and clients ask again
  }
}

/** A broker that is further behind has other troubles. */
const mostWaitMs = 5_000
