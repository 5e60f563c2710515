import type { ControllerLink } from '../../../broker/controller-link/controller-link.ts'
import { type MetadataImage, topicNamed } from '../../../broker/metadata/image.ts'
import type { ImageChanges } from '../../../broker/metadata/image-changes.ts'
import { offsetsTopic } from '../../../broker/metadata/internal-topics.ts'
import { errorName } from '../../../broker/protocol/error-name.ts'
import type { IsrAnswer } from '../../../broker/replica/isr-answer.ts'
import type { IsrProposal } from '../../../broker/replica/isr-proposal.ts'
import type { ReplicaFetch } from '../../../broker/replica/replica-fetch.ts'
import type { Incarnation } from '../core/incarnation.ts'
import type { Connection, Request, Transport } from '../core/transport.ts'
import { type DataTopic, dataTopics } from './data-topics.ts'
import { type CommitRequest, type FetchOffsetRequest, GroupNode } from './groups/group-node.ts'
import { type Fetched, Replica, type ReplicaObserver } from './replica.ts'
import type { ReplicaDisk, Sent } from './replica-disk.ts'

export const dataPort = 9_092

export type DataNodeOptions = {
  readonly brokerId: number
  readonly transport: Transport
  readonly diskOf: (topic: string) => ReplicaDisk
  readonly hostOf: (brokerId: number) => string
  readonly link: () => ControllerLink | undefined
  readonly observe: (topic: string) => ReplicaObserver
  /** Whether the disk has no room for what groups append now. */
  readonly isFull: () => boolean
}

/** What a follower asks of the leader of a partition. */
type FetchRequest = ReplicaFetch & { readonly topic: string }

/** What a client asks. */
export type ProduceRequest = { readonly topic: string; readonly sent: Sent }

/** The partitions that are written to, on one life of a broker: its sockets and its replicas. */
export class DataNode {
  readonly #node: Incarnation
  readonly #options: DataNodeOptions
  readonly #peers = new Map<string, Promise<Connection>>()
  readonly #replicas = new Map<string, Replica>()
  readonly #groups: GroupNode

  constructor(node: Incarnation, options: DataNodeOptions) {
    this.#node = node
    this.#options = options
    const { brokerId, diskOf, isFull } = options
    const replica = () => this.#replicas.get(offsetsTopic)
    this.#groups = new GroupNode(node, { brokerId, disk: diskOf(offsetsTopic), replica, isFull })
    node.start(() => void options.transport.listen(dataPort, (request) => this.#serve(request)))
  }

  /** The broker acts on this image now. */
  see(image: MetadataImage, changes: ImageChanges): void {
    for (const data of dataTopics) {
      const topic = topicNamed(image, data.name)
      const partition = topic?.partitions.at(0)
      if (topic === undefined || partition === undefined) continue
      if (!partition.replicas.includes(this.#options.brokerId)) {
        this.#remove(data.name)
        continue
      }
      const replica = this.#replicas.get(data.name) ?? this.#newReplica(data, topic.id)
      this.#replicas.set(data.name, replica)
      replica.see(partition, image)
    }
    this.#groups.see(image, changes)
  }

  /** It was moved away: its log is deleted. */
  #remove(topic: string): void {
    this.#replicas.get(topic)?.close()
    this.#replicas.delete(topic)
    this.#options.diskOf(topic).remove()
  }

  #newReplica({ name: topic, flushesAlways, restMs }: DataTopic, topicId: string): Replica {
    const { brokerId, diskOf, observe } = this.#options
    return new Replica(this.#node, {
      brokerId,
      disk: diskOf(topic),
      flushesAlways,
      restMs,
      observe: observe(topic),
      onLead: () => {
        if (topic === offsetsTopic) this.#groups.advance()
      },
      minInsyncReplicas: 2,
      brokerEpoch: () => this.#options.link()?.brokerEpoch ?? -1,
      controllerHeardMs: () => this.#options.link()?.controllerHeardMs ?? Number.NEGATIVE_INFINITY,
      fetch: (leader, fetch) => this.#fetch(leader, { ...fetch, topic }),
      alter: (proposal) => this.#alter(topicId, proposal),
    })
  }

  #serve({ name, body }: Request): unknown {
    if (name === 'offsetCommit') return this.#groups.commit(body as CommitRequest)
    if (name === 'offsetFetch') return this.#groups.fetch(body as FetchOffsetRequest)
    if (name === 'fetch') {
      const { topic, ...fetch } = body as FetchRequest
      const answer = { error: 'NOT_LEADER_OR_FOLLOWER', logStartOffset: 0 } as const
      return this.#replicas.get(topic)?.serve(fetch) ?? { answer, records: [] }
    }
    const { topic, sent } = body as ProduceRequest
    return this.#replicas.get(topic)?.produce(sent) ?? 'NOT_LEADER_OR_FOLLOWER'
  }

  /** Over a connection of its own: an answer that waits for news is not to keep others waiting. */
  async #fetch(leader: number, fetch: FetchRequest): Promise<Fetched> {
    const { transport, hostOf } = this.#options
    const key = `${leader} ${fetch.topic}`
    const known = this.#peers.get(key)
    const dialled = known ?? transport.connect({ host: hostOf(leader), port: dataPort })
    this.#peers.set(key, dialled)
    try {
      const connection = await dialled
      return (await connection.request('fetch', fetch, { timeoutMs: 1_500 })) as Fetched
    } catch (error) {
      if (this.#peers.get(key) === dialled) this.#peers.delete(key)
      throw error
    }
  }

  async #alter(topicId: string, proposal: IsrProposal): Promise<IsrAnswer> {
    const link = this.#options.link()
    if (link === undefined) return { error: 'NOT_CONTROLLER' }
    const { leaderEpoch, partitionEpoch, newIsr } = proposal
    const { brokerId } = this.#options
    const asked = { partitionIndex: 0, leaderEpoch, partitionEpoch, leaderRecoveryState: 0 }
    const partitions = [{ ...asked, newIsrWithEpochs: [...newIsr] }]
    const { errorCode, topics } = await link.forward('AlterPartition', 3, {
      brokerId,
      brokerEpoch: link.brokerEpoch,
      topics: [{ topicId, partitions }],
    })
    const answer = topics[0]?.partitions[0]
    if (errorCode !== 0) return { error: errorName(errorCode) ?? 'UNKNOWN_SERVER_ERROR' }
    if (answer === undefined) return { error: 'UNKNOWN_SERVER_ERROR' }
    return answer.errorCode === 0
      ? answer
      : { error: errorName(answer.errorCode) ?? 'UNKNOWN_SERVER_ERROR' }
  }
}
