import type { BrokerImage, MetadataImage, TopicImage } from '../metadata/image.ts'
import type { ListenerName } from './services.ts'

/** A broker as a client may reach it. */
export type Node = {
  readonly nodeId: number
  readonly host: string
  readonly port: number
  readonly rack: string | null
}

type KnownNode = Node & { readonly fenced: boolean }

/** Those that are there for clients of that listener, by rising id. */
export function aliveNodes(image: MetadataImage, listener: ListenerName): Node[] {
  return knownNodes(image, listener).filter(({ fenced }) => !fenced)
}

/**
 * Those to whom a client may turn next: where all are fenced, as while all are started again, any of them. Of an answer
 * that names none librdkafka forgets all that it knows, and does nothing any more (seen with 2.16).
 *
 * @param isNamed Whether a broker is named though it is fenced.
 */
export function nodesToAsk(
  image: MetadataImage,
  listener: ListenerName,
  isNamed: (brokerId: number) => boolean,
): KnownNode[] {
  const known = knownNodes(image, listener)
  const isOneThere = known.some(({ fenced }) => !fenced)
  return isOneThere ? known.filter(({ fenced, nodeId }) => !fenced || isNamed(nodeId)) : known
}

/** Those that are fenced too. */
export function knownNodes(image: MetadataImage, listener: ListenerName): KnownNode[] {
  const nodes: KnownNode[] = []
  for (const broker of image.brokers.values()) {
    const node = nodeOf(broker, listener)
    if (node !== undefined) nodes.push({ ...node, fenced: broker.fenced })
  }
  return nodes.sort((a, b) => a.nodeId - b.nodeId)
}

function nodeOf(broker: BrokerImage, listener: ListenerName): Node | undefined {
  const endpoint = broker.endpoints.get(listener)
  if (endpoint === undefined) return undefined
  const { host, port } = endpoint
  return { nodeId: broker.id, host, port, rack: broker.rack }
}

/** To whom a client is sent for the controller: the broker it is at passes requests on. */
export function controllerId(nodes: readonly Node[], ownId: number): number {
  return nodes.some(({ nodeId }) => nodeId === ownId) ? ownId : (nodes[0]?.nodeId ?? -1)
}

/**
 * Who leads a partition that is not led here, so that its client need not ask for metadata first
 * (KIP-951).
 */
export function currentLeader(
  topic: TopicImage,
  index: number,
): { leaderId: number; leaderEpoch: number } {
  const { partitions } = topic
  return { leaderId: partitions.leader(index), leaderEpoch: partitions.leaderEpoch(index) }
}

/** Where those are that a client was sent to. */
export function nodesOf(
  image: MetadataImage,
  ids: ReadonlySet<number>,
  listener: ListenerName,
): Node[] {
  return ids.size === 0 ? [] : aliveNodes(image, listener).filter(({ nodeId }) => ids.has(nodeId))
}
