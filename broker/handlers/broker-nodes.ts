import type { BrokerImage, MetadataImage, TopicImage } from '../metadata/image.ts'
import type { ListenerName } from './services.ts'

/** A broker as answers name it, with where to dial it. */
export type Node = {
  readonly nodeId: number
  readonly host: string
  readonly port: number
  readonly rack: string | null
}

/** The broker, if it can be dialled through that listener. A fenced one may be dead. */
export function nodeOf(
  image: MetadataImage,
  id: number,
  listener: ListenerName,
  { evenIfFenced = false } = {},
): Node | undefined {
  const broker = image.brokers.get(id)
  if (broker === undefined || (broker.fenced && !evenIfFenced)) return undefined
  const endpoint = broker.endpoints.get(listener)
  if (endpoint === undefined) return undefined
  return { nodeId: id, host: endpoint.host, port: endpoint.port, rack: broker.rack }
}

/** All that can be dialled, by rising id. */
export function aliveNodes(image: MetadataImage, listener: ListenerName): Node[] {
  return brokersInOrder(image).flatMap(({ id }) => nodeOf(image, id, listener) ?? [])
}

export function brokersInOrder(image: MetadataImage): BrokerImage[] {
  return [...image.brokers.values()].toSorted((a, b) => a.id - b.id)
}

/**
 * Where to go instead, for an answer that says that this broker does not lead: the client need not
 * ask for metadata then (KIP-951).
 */
export class LeaderHints {
  private readonly image: MetadataImage
  private readonly listener: ListenerName
  private readonly leaders = new Set<number>()

  constructor(image: MetadataImage, listener: ListenerName) {
    this.image = image
    this.listener = listener
  }

  /** Who leads a partition, to be put beside its error. */
  leaderOf(topic: TopicImage | undefined, partition: number) {
    if (topic === undefined || partition >= topic.partitions.count || partition < 0) return noLeader
    const leaderId = topic.partitions.leader(partition)
    if (leaderId >= 0) this.leaders.add(leaderId)
    return { leaderId, leaderEpoch: topic.partitions.leaderEpoch(partition) }
  }

  /** Where those are that were named. */
  endpoints(): Node[] {
    return [...this.leaders].flatMap((id) => nodeOf(this.image, id, this.listener) ?? [])
  }
}

const noLeader = { leaderId: -1, leaderEpoch: -1 }
