import type { ControllerLink } from '../../../broker/controller-link/controller-link.ts'
import { type MetadataImage, topicNamed } from '../../../broker/metadata/image.ts'
import type { PartitionImage } from '../../../broker/metadata/partition-table.ts'
import { errorName } from '../../../broker/protocol/error-name.ts'
import type { IsrAnswer } from '../../../broker/replica/isr-answer.ts'
import type { IsrProposal } from '../../../broker/replica/isr-proposal.ts'
import type { ReplicaFetch } from '../../../broker/replica/replica-fetch.ts'
import type { Incarnation } from '../core/incarnation.ts'
import type { Connection, Request, Transport } from '../core/transport.ts'
import { type Fetched, type Produced, Replica, type ReplicaOptions } from './replica.ts'
import type { ReplicaDisk } from './replica-disk.ts'

export const dataPort = 9_092
export const dataTopic = 'orders'

export type DataNodeOptions = {
  readonly brokerId: number
  readonly transport: Transport
  readonly disk: ReplicaDisk
  readonly flushesAlways: boolean
  readonly hostOf: (brokerId: number) => string
  readonly link: () => ControllerLink | undefined
  readonly observe: ReplicaOptions['observe']
}

/** The one that is written to, as the metadata log has it. */
export function partitionOfData(image: MetadataImage): PartitionImage | undefined {
  return topicNamed(image, dataTopic)?.partitions.at(0)
}

/** The partition of the topic that is written to, on one life of a broker: its sockets, and its replica. */
export class DataNode {
  readonly #node: Incarnation
  readonly #options: DataNodeOptions
  readonly #peers = new Map<number, Promise<Connection>>()
  #topicId: string | undefined
  #replica: Replica | undefined

  constructor(node: Incarnation, options: DataNodeOptions) {
    this.#node = node
    this.#options = options
    node.start(() => void options.transport.listen(dataPort, (request) => this.#serve(request)))
  }

  /** The broker acts on this image now. */
  see(image: MetadataImage): void {
    const topic = topicNamed(image, dataTopic)
    const partition = topic?.partitions.at(0)
    const { brokerId } = this.#options
    if (topic === undefined || partition === undefined || !partition.replicas.includes(brokerId))
      return
    this.#topicId = topic.id
    this.#replica ??= this.#newReplica()
    this.#replica.see(partition, image)
  }

  #newReplica(): Replica {
    const { brokerId, disk, flushesAlways, observe } = this.#options
    return new Replica(this.#node, {
      brokerId,
      disk,
      flushesAlways,
      observe,
      minInsyncReplicas: 2,
      brokerEpoch: () => this.#options.link()?.brokerEpoch ?? -1,
      fetch: (leader, fetch) => this.#fetch(leader, fetch),
      alter: (proposal) => this.#alter(proposal),
    })
  }

  #serve({ name, body }: Request): Fetched | Promise<Produced> | Produced {
    if (name === 'fetch') {
      const answer = { error: 'NOT_LEADER_OR_FOLLOWER', logStartOffset: 0 } as const
      return this.#replica?.serve(body as ReplicaFetch) ?? { answer, records: [] }
    }
    return this.#replica?.produce(body as string) ?? 'NOT_LEADER_OR_FOLLOWER'
  }

  async #fetch(leader: number, fetch: ReplicaFetch): Promise<Fetched> {
    try {
      const connection = await this.#peer(leader)
      return (await connection.request('fetch', fetch, { timeoutMs: 1_000 })) as Fetched
    } catch (error) {
      this.#peers.delete(leader)
      throw error
    }
  }

  #peer(leader: number): Promise<Connection> {
    const { transport, hostOf } = this.#options
    const known = this.#peers.get(leader)
    if (known !== undefined) return known
    const dialled = transport.connect({ host: hostOf(leader), port: dataPort })
    this.#peers.set(leader, dialled)
    return dialled
  }

  async #alter({ leaderEpoch, partitionEpoch, newIsr }: IsrProposal): Promise<IsrAnswer> {
    const link = this.#options.link()
    if (link === undefined || this.#topicId === undefined) return { error: 'NOT_CONTROLLER' }
    const { brokerId } = this.#options
    const asked = { partitionIndex: 0, leaderEpoch, partitionEpoch, leaderRecoveryState: 0 }
    const partitions = [{ ...asked, newIsrWithEpochs: [...newIsr] }]
    const { errorCode, topics } = await link.forward('AlterPartition', 3, {
      brokerId,
      brokerEpoch: link.brokerEpoch,
      topics: [{ topicId: this.#topicId, partitions }],
    })
    const answer = topics[0]?.partitions[0]
    if (errorCode !== 0) return { error: errorName(errorCode) ?? 'UNKNOWN_SERVER_ERROR' }
    if (answer === undefined) return { error: 'UNKNOWN_SERVER_ERROR' }
    return answer.errorCode === 0
      ? answer
      : { error: errorName(answer.errorCode) ?? 'UNKNOWN_SERVER_ERROR' }
  }
}
