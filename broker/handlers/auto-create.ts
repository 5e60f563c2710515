import type { CoordinatorSettings } from '../coordinator/coordinator-settings.ts'
import { offsetsTopic } from '../metadata/internal-topics.ts'
import type { RequestInputOf } from '../protocol/apis.ts'
import { KafkaError } from '../protocol/errors.ts'
import { errorCodes } from '../protocol/generated/error-codes.ts'
import type { Services } from './services.ts'

/** What became of topics that could not be made, by name: a code of the protocol. */
export type Refused = ReadonlyMap<string, number>

type NewTopic = RequestInputOf<'CreateTopics'>['topics'][number]

/**
 * Has the controller make topics with what the cluster has for partitions and replicas, and waits
 * until they are known here, so that their client need not ask again.
 */
export async function autoCreate(
  names: readonly string[],
  { controller, groups }: Pick<Services, 'controller' | 'groups'>,
): Promise<Refused> {
  const topics = names.map((name) => newTopic(name, groups.settings))
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

/** That of groups has settings of its own, as in Kafka: see `groupMetadataTopicConfigs` there. */
function newTopic(name: string, { topic }: CoordinatorSettings): NewTopic {
  if (name !== offsetsTopic) {
    return { name, numPartitions: -1, replicationFactor: -1, assignments: [], configs: [] }
  }
  const { partitions: numPartitions, replicationFactor, segmentBytes } = topic
  const configs = [
    { name: 'cleanup.policy', value: 'compact' },
    { name: 'compression.type', value: 'producer' },
    { name: 'segment.bytes', value: String(segmentBytes) },
  ]
  return { name, numPartitions, replicationFactor, assignments: [], configs }
}

/** A broker that is further behind has other troubles. */
const mostWaitMs = 5_000
