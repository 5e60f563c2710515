import { errorCodes } from '../../broker/protocol/generated/error-codes.ts'
import { answerError } from './client-error.ts'
import type { Cluster } from './cluster.ts'

/**
 * How many partitions topics have. Those that are not there, or not for us to see, are left out.
 *
 * @throws {NetworkError | TransientError} It cannot be told now.
 */
export async function partitionCounts(
  cluster: Cluster,
  names: readonly string[],
): Promise<Map<string, number>> {
  const { topics } = await cluster.ask('Metadata', {
    topics: names.map((name) => ({ name })),
    allowAutoTopicCreation: false,
  })
  const counts = new Map<string, number>()
  for (const { name, errorCode, partitions } of topics) {
    if (errorCode === errorCodes.LEADER_NOT_AVAILABLE) {
      throw answerError(errorCode, `topic '${name}'`)
    }
    if (errorCode === 0 && name !== null) counts.set(name, partitions.length)
  }
  return counts
}
