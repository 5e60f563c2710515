import { onTestFinished } from 'vitest'
import { applyRecords } from '../../../broker/metadata/apply.ts'
import { emptyImage, type MetadataImage, partitionOf } from '../../../broker/metadata/image.ts'
import type { PartitionImage } from '../../../broker/metadata/partition-table.ts'
import { type MetadataRecord, metadataRecord } from '../../../broker/metadata/records.ts'
import type { ClientConnection } from '../../../broker/net/client-connection.ts'
import { NetworkError } from '../../../broker/net/network-error.ts'
import type { Partition } from '../../../broker/partition/partition.ts'
import type { Partitions } from '../../../broker/partition/partitions.ts'
import {
  encodeRequest,
  readOwnRequestBody,
  readRequest,
} from '../../../broker/protocol/frames/request.ts'
import { encodeResponse, readResponse } from '../../../broker/protocol/frames/response.ts'
import type { Part } from '../../../broker/protocol/schema/fields.ts'
import { BrokerReplication } from '../../../broker/replication/broker-replication.ts'
import { realClock } from '../../../lib/clock.ts'
import { silentLogger } from '../../../lib/logger.ts'
import { realRandom } from '../../../lib/random.ts'
import { alterPartition } from '../../../operator/controller/decide/partition/alter-partition.ts'
import { newDisk } from '../log/data-directory/support.ts'
import { bytesOf } from '../log/log-support.ts'
import { uuid } from '../metadata/support.ts'
import { byName, startPartitions, type TestPartitions } from '../partition/support.ts'

const topicId = uuid(1)
const place = { topicId, partition: 0 }

/** Of each follower, after which it waits for more: the one that begins its session, and the next. */
const firstFetches = 2

type Member = {
  readonly id: number
  readonly own: TestPartitions
  readonly replication: BrokerReplication
  /** How others reach it. */
  readonly connections: Set<MemoryConnection>
  /** Leaders that it holds for dead. */
  readonly suspects: Set<number>
  /** What it was told of logs that differ. */
  readonly said: string[]
  isCut: boolean
}

/**
 * A topic of one partition on three brokers, each with all that a broker has but its sockets: the frames of
 * followers are passed on in memory. What leaders propose is decided as a controller does.
 */
export class Replicated {
  image: MetadataImage = emptyImage
  readonly members = new Map<number, Member>()
  /** How often followers fetched. */
  fetches = 0
  readonly fatal: unknown[] = []
  #config: Record<string, string>

  private constructor(config: Record<string, string>) {
    this.#config = config
  }

  static async start({
    settings = {},
    config = {},
  }: {
    settings?: Record<string, string>
    config?: Record<string, string>
  } = {}): Promise<Replicated> {
    const own = new Replicated(config)
    for (const id of [1, 2, 3]) own.members.set(id, await own.#startMember(id))
    own.tell(
      ...[1, 2, 3].map((id) => registered(id)),
      metadataRecord('TopicRecord', { name: 'orders', topicId }),
      ...Object.entries(settings).map(([name, value]) =>
        metadataRecord('ConfigRecord', { resourceType: 2, resourceName: 'orders', name, value }),
      ),
      metadataRecord('PartitionRecord', {
        topicId,
        partitionId: 0,
        replicas: [1, 2, 3],
        isr: [1, 2, 3],
        addingReplicas: [],
        removingReplicas: [],
        leader: 1,
        leaderEpoch: 5,
        partitionEpoch: 0,
      }),
    )
    onTestFinished(() => own.stop())
    // Or a busy machine has them leave the ISR before they have begun, and then they wait to be taken in again.
    while (own.fetches < 2 * firstFetches) await realClock.turn()
    return own
  }

  async stop(): Promise<void> {
    for (const { replication, own } of this.members.values()) {
      await replication.stop()
      own.partitions.stop()
    }
  }

  /** All that are not cut off hear of it. */
  tell(...records: MetadataRecord[]): void {
    this.image = applyRecords(this.image, records)
    for (const { own, isCut } of this.members.values()) if (!isCut) own.catchUp(this.image)
  }

  change(change: { leader?: number; isr?: number[]; leaderRecoveryState?: number }): void {
    this.tell(metadataRecord('PartitionChangeRecord', { ...change, topicId, partitionId: 0 }))
  }

  member(id: number): Member {
    return this.members.get(id) as Member
  }

  /** Its replica. */
  on(id: number): Partition {
    const topic = this.image.topics.get(topicId)
    const known = topic && this.member(id).own.partitions.known(topic, 0)
    return known ?? this.member(id).own.partitions.leaderOf(byName('orders'), 0)
  }

  /** Rising. */
  get isr(): number[] {
    return this.partition.isr.toSorted((a, b) => a - b)
  }

  get partition(): PartitionImage {
    return partitionOf(this.image, place) as PartitionImage
  }

  fence(id: number): void {
    const about = { brokerId: id, brokerEpoch: id, fenced: 1 }
    this.tell(metadataRecord('BrokerRegistrationChangeRecord', about))
  }

  /** Nothing reaches it, and it hears of nothing. */
  cut(id: number): void {
    const member = this.member(id)
    member.isCut = true
    for (const { connections } of this.members.values()) {
      for (const one of connections) if (one.between.includes(id)) one.close()
    }
  }

  heal(id: number): void {
    this.member(id).isCut = false
    this.member(id).own.catchUp(this.image)
  }

  async #startMember(id: number): Promise<Member> {
    const made: { partitions?: Partitions } = {}
    const said: string[] = []
    const suspects = new Set<number>()
    const replication = new BrokerReplication(
      {
        nodeId: id,
        clock: realClock,
        random: realRandom,
        log: {
          ...silentLogger,
          error: (message, fields) => void said.push(message + JSON.stringify(fields)),
        },
        config: this.#config,
        image: () => this.image,
        controller: {
          brokerEpoch: id,
          controllerHeardMs: Number.POSITIVE_INFINITY,
          caughtUp: () => Promise.resolve(),
          forward: (_name, _version, request) => {
            const asked = request as Parameters<typeof alterPartition>[1]
            const { records, response } = alterPartition(this.image, asked, new Map())
            this.tell(...records)
            return Promise.resolve(response as never)
          },
        },
        dialInternal: (address) => this.#dial(id, address.port),
        suspects: {
          suspect: (leader) => void suspects.add(leader),
          trust: (leader) => void suspects.delete(leader),
        },
        onFatal: (error) => void this.fatal.push(error),
      },
      () => made.partitions as Partitions,
    )
    const own = await startPartitions({ disk: newDisk(id), replication, nodeId: id })
    made.partitions = own.partitions
    return { id, own, replication, connections: new Set(), suspects, said, isCut: false }
  }

  #dial(from: number, to: number): Promise<ClientConnection> {
    const peer = this.member(to)
    if (peer.isCut || this.member(from).isCut) {
      return Promise.reject(new NetworkError('ECONNREFUSED', `broker ${to} cannot be reached`))
    }
    const connection = new MemoryConnection([from, to], peer.replication, () => {
      this.fetches += 1
    })
    peer.connections.add(connection)
    return Promise.resolve(connection as unknown as ClientConnection)
  }
}

/** Passes frames on as they would go over a socket. */
class MemoryConnection {
  readonly between: readonly number[]
  readonly closed: Promise<Error>
  readonly #peer: BrokerReplication
  readonly #onFetch: () => void
  readonly #onClosed: (() => void)[] = []
  readonly #end = Promise.withResolvers<Error>()
  #isClosed = false

  constructor(between: readonly number[], peer: BrokerReplication, onFetch: () => void) {
    this.between = between
    this.closed = this.#end.promise
    this.#peer = peer
    this.#onFetch = onFetch
  }

  async request(name: 'Fetch', version: number, body: never): Promise<unknown> {
    this.#onFetch()
    const frame = joined(encodeRequest(name, version, { correlationId: 1, clientId: 'a' }, body))
    const request = readOwnRequestBody('Fetch', readRequest(frame.subarray(4)))
    const answer = await Promise.race([
      this.#peer.sessions.fetch(request, (callback) => void this.#onClosed.push(callback)),
      this.closed.then((reason) => {
        throw reason
      }),
    ])
    const response = joined(encodeResponse('Fetch', version, 1, answer))
    return readResponse('Fetch', version, response.subarray(4)).body
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    for (const callback of this.#onClosed) callback()
    this.#end.resolve(new NetworkError('ECONNRESET', 'the connection was closed'))
  }
}

function joined(parts: readonly Part[]): Buffer {
  return bytesOf({ parts, sizeBytes: 0 })
}

function registered(id: number): MetadataRecord {
  const endPoint = { name: 'internal', host: 'memory', port: id, securityProtocol: 0 }
  return metadataRecord('RegisterBrokerRecord', {
    brokerId: id,
    brokerEpoch: id,
    incarnationId: uuid(70 + id),
    endPoints: [endPoint],
    features: [],
    rack: null,
    fenced: false,
    inControlledShutdown: false,
    logDirs: [],
  })
}
