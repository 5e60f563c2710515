import { topicNamed } from '../metadata/image.ts'
import { offsetsTopic } from '../metadata/internal-topics.ts'
import type { RequestOf, ResponseInputOf } from '../protocol/apis.ts'
import { errorOf } from '../protocol/error-of.ts'
import { KafkaError } from '../protocol/errors.ts'
import { autoCreate } from './auto-create.ts'
import { aliveNodes } from './brokers.ts'
import type { Context } from './services.ts'

type Found = {
  readonly nodeId: number
  readonly host: string
  readonly port: number
  readonly errorCode: number
  readonly errorMessage: string
}

/**
 * Which broker coordinates a group. The topic that says it is made when the first one asks, who then
 * waits for it.
 */
export async function handleFindCoordinator(
  { key, keyType, coordinatorKeys }: RequestOf<'FindCoordinator'>,
  context: Context,
): Promise<ResponseInputOf<'FindCoordinator'>> {
  const { services, version } = context
  const isOfGroups = keyType === keyTypes.group
  const keys = version < 4 ? [key] : coordinatorKeys
  const refusal = isOfGroups && keys.length > 0 ? await makeOffsetsTopic(context) : undefined
  if (isOfGroups) await services.held.hold(coordinates, context.onClosed)
  if (version < 4) return { throttleTimeMs: 0, ...find(key) }
  return { throttleTimeMs: 0, coordinators: keys.map((own) => ({ key: own, ...find(own) })) }

  function coordinates(brokerId: number): boolean {
    return keys.some((own) => leaderFor(own, services) === brokerId)
  }

  function find(own: string): Found {
    try {
      checkKey(own, keyType, version)
      if (!isOfGroups) throw notAvailable('there are no such coordinators yet')
      // Words that old clients print.
      const errorMessage = version < 4 ? 'NONE' : ''
      return { ...coordinatorOf(own, context, refusal), errorCode: 0, errorMessage }
    } catch (error) {
      return { nodeId: -1, host: '', port: -1, ...errorOf(error) }
    }
  }
}

/** Kafka's numbers, from FindCoordinatorRequest. */
const keyTypes = { group: 0, transaction: 1, share: 2 } as const

/** @throws {KafkaError} INVALID_REQUEST */
function checkKey(key: string, keyType: number, version: number): void {
  if (!Object.values<number>(keyTypes).includes(keyType)) {
    throw new KafkaError('INVALID_REQUEST', `there are no coordinators of type ${keyType}`)
  }
  if (keyType !== keyTypes.share) return
  // Source: SharePartitionKey; a group may have colons.
  const isShareKey = version >= 6 && /:[\w-]{22}:\d{1,9}$/.test(key)
  if (!isShareKey) throw new KafkaError('INVALID_REQUEST', 'not the key of a share partition')
}

/** @returns Why it could not be made, as a code. */
async function makeOffsetsTopic({ services }: Context): Promise<number | undefined> {
  if (topicNamed(services.image(), offsetsTopic) !== undefined) return undefined
  return (await autoCreate([offsetsTopic], services)).get(offsetsTopic)
}

/** -1: nobody. */
function leaderFor(group: string, { image, groups }: Context['services']): number {
  const topic = topicNamed(image(), offsetsTopic)
  return topic?.partitions.leader(groups.partitionOf(group)) ?? -1
}

/** @throws {KafkaError} COORDINATOR_NOT_AVAILABLE */
function coordinatorOf(
  group: string,
  { services, listener }: Context,
  refusal: number | undefined,
): { nodeId: number; host: string; port: number } {
  const image = services.image()
  if (topicNamed(image, offsetsTopic) === undefined) {
    const why = refusal === undefined ? 'is not there yet' : `was refused with error ${refusal}`
    throw notAvailable(`the topic ${offsetsTopic} ${why}`)
  }
  const leader = leaderFor(group, services)
  const node = aliveNodes(image, listener).find(({ nodeId }) => nodeId === leader)
  if (node === undefined || services.held.isLost(leader)) {
    throw notAvailable('its partition has no leader')
  }
  const { nodeId, host, port } = node
  return { nodeId, host, port }
}

function notAvailable(why: string): KafkaError {
  return new KafkaError('COORDINATOR_NOT_AVAILABLE', why)
}
