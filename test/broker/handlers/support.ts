import { createHandlers, type Handlers } from '../../../broker/handlers/handlers.ts'
import type { ListenerName, Services } from '../../../broker/handlers/services.ts'
import { topicNamed } from '../../../broker/metadata/image.ts'
import { type MetadataRecord, metadataRecord } from '../../../broker/metadata/records.ts'
import type { ClientConnection } from '../../../broker/net/client-connection.ts'
import { connect } from '../../../broker/net/connect.ts'
import type { Connection } from '../../../broker/net/connection.ts'
import type { Listener } from '../../../broker/net/listen.ts'
import type {
  RequestInputOf,
  RequestOf,
  ResponseInputOf,
  ResponseOf,
} from '../../../broker/protocol/apis.ts'
import { KafkaError } from '../../../broker/protocol/errors.ts'
import { errorCodes } from '../../../broker/protocol/generated/error-codes.ts'
import type { Part } from '../../../broker/protocol/schema/fields.ts'
import { realClock } from '../../../lib/clock.ts'
import { realRandom } from '../../../lib/random.ts'
import { uuid } from '../metadata/support.ts'
import { startListener, type TestListener } from '../net/support.ts'
import { BrokerParts, type BrokerPartsOptions, newTopic, nodeId } from '../partition/support.ts'

export const clusterId = 'AAAAAAAAAAAAAAAAAAAAeA'
type Api = Parameters<ClientConnection['request']>[0]

export type TestBrokerOptions = BrokerPartsOptions & {
  /** Sees each answer before it leaves. */
  readonly onAnswer?: (parts: readonly Part[]) => void
  readonly onFrame?: (frame: Uint8Array) => void
}

/**
 * One broker of a cluster, on real sockets and the disk of this machine. In place of a controller there
 * is a short one that does what it is asked to the image.
 */
export class TestBroker {
  readonly parts: BrokerParts
  readonly fatal: unknown[] = []
  readonly forwarded: string[] = []
  /** Whether there is a controller. */
  hasController = true
  private readonly handlers: Handlers
  private readonly listeners = new Map<ListenerName, TestListener>()
  private nextTopicId = 1_000
  private readonly open: ClientConnection[] = []

  private constructor(parts: BrokerParts, config: Services['config']) {
    this.parts = parts
    let lastProducerId = 4_000
    this.handlers = createHandlers({
      nodeId,
      clusterId,
      clock: parts.clock,
      random: realRandom,
      config,
      image: () => parts.image,
      partitions: parts.partitions,
      controller: {
        forward: async (name, _, request) => this.control(name, request) as never,
        caughtUp: () => Promise.resolve(),
      },
      producerIds: {
        next: async () => {
          if (!this.hasController) throw new KafkaError('NOT_CONTROLLER', 'nobody is there')
          return ++lastProducerId
        },
      },
      onFatal: (error) => void this.fatal.push(error),
    })
  }

  static async start(options: TestBrokerOptions = {}): Promise<TestBroker> {
    const parts = await BrokerParts.open(options)
    const broker = new TestBroker(parts, options.config ?? {})
    for (const name of ['client', 'internal'] as const) {
      const listener = await startListener({
        clock: realClock,
        onRequest(frame, connection) {
          options.onFrame?.(frame)
          broker.handlers.handle(frame, seen(connection, options.onAnswer), name)
        },
        onFatal: (error) => void broker.fatal.push(error),
      })
      broker.listeners.set(name, listener)
    }
    broker.parts.apply(broker.registration(nodeId))
    return broker
  }

  get port(): number {
    return this.listener('client').port
  }

  get bootstrapServers(): string {
    return `127.0.0.1:${this.port}`
  }

  listener(name: ListenerName): Listener {
    return this.listeners.get(name) as Listener
  }

  /** A broker as the metadata log has it. */
  registration(
    brokerId: number,
    { fenced = false, rack = null as string | null } = {},
  ): MetadataRecord {
    const port = (name: ListenerName) => (brokerId === nodeId ? this.listener(name).port : 9_092)
    return metadataRecord('RegisterBrokerRecord', {
      brokerId,
      brokerEpoch: 10 + brokerId,
      incarnationId: uuid(2_000 + brokerId),
      endPoints: (['client', 'internal'] as const).map((name) => ({
        name,
        host: '127.0.0.1',
        port: port(name),
        securityProtocol: 0,
      })),
      features: [],
      rack,
      fenced,
      logDirs: [uuid(3_000 + brokerId)],
    })
  }

  async connect(listener: ListenerName = 'client'): Promise<ClientConnection> {
    const address = { host: '127.0.0.1', port: this.listener(listener).port }
    const connection = await connect({ ...address, clock: realClock, clientId: 'test' })
    this.open.push(connection)
    return connection
  }

  /** Asks on a connection of its own. */
  async ask<N extends Api>(
    name: N,
    version: number,
    body: RequestInputOf<N>,
  ): Promise<ResponseOf<N>> {
    const connection = await this.connect()
    try {
      return await connection.request(name, version, body)
    } finally {
      connection.close()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const connection of this.open) connection.close()
    for (const listener of this.listeners.values()) await listener[Symbol.asyncDispose]()
    await this.parts[Symbol.asyncDispose]()
    if (this.fatal.length > 0) throw new AggregateError(this.fatal, String(this.fatal[0]))
  }

  private control(name: string, request: unknown): object {
    this.forwarded.push(name)
    if (!this.hasController) throw new KafkaError('NOT_CONTROLLER', 'nobody is there')
    if (name === 'CreateTopics') return this.createTopics(request as RequestOf<'CreateTopics'>)
    if (name === 'DeleteTopics') return this.deleteTopics(request as RequestOf<'DeleteTopics'>)
    throw new KafkaError('POLICY_VIOLATION', `${name} is not for this controller`)
  }

  private createTopics({ topics }: RequestOf<'CreateTopics'>): ResponseInputOf<'CreateTopics'> {
    const results = topics.map(({ name, numPartitions }) => {
      const none = { errorMessage: null, configs: null }
      if (topicNamed(this.parts.image, name) !== undefined) {
        return { ...none, name, errorCode: errorCodes.TOPIC_ALREADY_EXISTS }
      }
      const topicId = uuid(this.nextTopicId++)
      this.parts.apply(...newTopic(name, topicId, { count: Math.max(1, numPartitions) }))
      return { ...none, name, topicId, errorCode: 0, numPartitions, replicationFactor: 1 }
    })
    return { throttleTimeMs: 0, topics: results }
  }

  private deleteTopics(request: RequestOf<'DeleteTopics'>): ResponseInputOf<'DeleteTopics'> {
    const names = [...request.topicNames, ...request.topics.map(({ name }) => name ?? '')]
    const responses = names.map((name) => {
      const topic = topicNamed(this.parts.image, name)
      if (topic === undefined) return { name, errorCode: errorCodes.UNKNOWN_TOPIC_OR_PARTITION }
      this.parts.apply(metadataRecord('RemoveTopicRecord', { topicId: topic.id }))
      return { name, topicId: topic.id, errorCode: 0 }
    })
    return { throttleTimeMs: 0, responses }
  }
}

/** The connection, with a look at what is sent through it. */
function seen(
  connection: Connection,
  onAnswer: ((parts: readonly Part[]) => void) | undefined,
): Pick<Connection, 'begin'> {
  if (onAnswer === undefined) return connection
  return {
    begin(options) {
      const answer = connection.begin(options)
      const send = answer.send.bind(answer)
      answer.send = (parts) => {
        onAnswer(parts)
        send(parts)
      }
      return answer
    },
  }
}

/** A Produce of one batch. */
export function produceOf(
  name: string,
  records: Uint8Array | null,
  { acks = -1, index = 0, topicId = undefined as string | undefined, timeoutMs = 1_000 } = {},
): RequestInputOf<'Produce'> {
  const topic = topicId === undefined ? { name } : { topicId }
  return { acks, timeoutMs, topicData: [{ ...topic, partitionData: [{ index, records }] }] }
}

export type FetchWish = {
  readonly name?: string
  readonly topicId?: string
  readonly partition?: number
  readonly offset?: number
  readonly maxBytes?: number
  readonly currentLeaderEpoch?: number
  readonly lastFetchedEpoch?: number
}

export function fetchOf(
  wishes: readonly FetchWish[],
  more: Partial<RequestInputOf<'Fetch'>> = {},
): RequestInputOf<'Fetch'> {
  return {
    maxWaitMs: 0,
    minBytes: 1,
    maxBytes: 50_000_000,
    topics: wishes.map(({ name, topicId, ...wish }) => ({
      ...(name === undefined ? {} : { topic: name }),
      ...(topicId === undefined ? {} : { topicId }),
      partitions: [
        {
          partition: wish.partition ?? 0,
          fetchOffset: wish.offset ?? 0,
          partitionMaxBytes: wish.maxBytes ?? 1_000_000,
          currentLeaderEpoch: wish.currentLeaderEpoch ?? -1,
          lastFetchedEpoch: wish.lastFetchedEpoch ?? -1,
        },
      ],
    })),
    ...more,
  }
}

/** The only partition of an answer. */
export function onlyPartition<P>(topics: readonly { readonly partitions: readonly P[] }[]): P {
  const [partition] = topics.flatMap(({ partitions }) => partitions)
  if (partition === undefined) throw new Error('the answer has no partition')
  return partition
}

export function onlyProduced({ responses }: ResponseOf<'Produce'>) {
  return onlyPartition(responses.map(({ partitionResponses: partitions }) => ({ partitions })))
}
