import type { MetadataBatch } from '../../broker/metadata/batch.ts'
import { encodeBatch } from '../../broker/metadata/batch.ts'
import {
  applyBatch,
  emptyState,
  type MetadataState,
  positionOf,
} from '../../broker/metadata/position.ts'
import { type MetadataRecord, metadataRecord } from '../../broker/metadata/records.ts'
import { snapshotBatches } from '../../broker/metadata/snapshot.ts'
import type { Connection } from '../../broker/net/connection.ts'
import { InternalAuth } from '../../broker/net/internal-auth.ts'
import { type Listener, listen } from '../../broker/net/listen.ts'
import type { ApiName, OwnRequestOf, ResponseInputOf } from '../../broker/protocol/apis.ts'
import { readOwnRequestBody, readRequest } from '../../broker/protocol/frames/request.ts'
import { encodeResponse } from '../../broker/protocol/frames/response.ts'
import { errorCodes } from '../../broker/protocol/generated/error-codes.ts'
import { realClock } from '../../lib/clock.ts'
import { realRandom } from '../../lib/random.ts'
import { brokerOf, takeOver } from '../broker/metadata/support.ts'
import { clusterId, secret } from './test-cluster.ts'

type Scripted = {
  readonly [N in ApiName]?: (
    request: OwnRequestOf<N>,
  ) => ResponseInputOf<N> | Promise<ResponseInputOf<N>>
}

export type FakeOptions = {
  readonly port?: number
  readonly epoch?: number
  /** In another incarnation the same number is another epoch. */
  readonly incarnation?: number
  readonly secret?: Uint8Array
  /** The log of another one that it took over. */
  readonly log?: readonly MetadataBatch[]
}

/**
 * A controller that does what it is told, on a real socket: it registers, unfences and feeds brokers,
 * and answers anything else as the test says.
 */
export class FakeController {
  readonly heartbeats: OwnRequestOf<'BrokerHeartbeat'>[] = []
  readonly registrations: OwnRequestOf<'BrokerRegistration'>[] = []
  readonly batches: MetadataBatch[] = []
  /** In place of its own answers. */
  scripted: Scripted = {}
  /** Whether it answers as one that is not active. */
  isStandby = false
  /** Records before it are only in a snapshot. */
  startOffset = 0
  state: MetadataState = emptyState
  private readonly epoch: number
  private readonly secret: Uint8Array
  private readonly auths = new Map<Connection, InternalAuth>()
  private waiting: (() => void)[] = []
  private listener!: Listener
  private listensOn = 0

  private constructor({ epoch = 1, incarnation, secret: own = secret, log = [] }: FakeOptions) {
    this.epoch = epoch
    this.secret = own
    for (const batch of log) this.take(batch)
    const first = this.state.offset === 0 ? [metadataRecord('ClusterRecord', { clusterId })] : []
    this.append([...first, takeOver(epoch, this.state.offset + first.length, incarnation)])
  }

  static async start(options: FakeOptions = {}): Promise<FakeController> {
    const controller = new FakeController(options)
    controller.listener = await listen({
      host: '127.0.0.1',
      port: options.port ?? 0,
      clock: realClock,
      onRequest: (frame, connection) => controller.handle(frame, connection),
      onClosed: (connection) => void controller.auths.delete(connection),
      onFatal(error) {
        throw error
      },
    })
    controller.listensOn = controller.listener.port
    return controller
  }

  get address() {
    return { host: '127.0.0.1', port: this.port }
  }

  get port(): number {
    return this.listensOn
  }

  get connections(): number {
    return this.listener.connections.size
  }

  append(records: MetadataRecord[]): void {
    const about = { baseOffset: this.state.offset, controllerEpoch: this.epoch, timestampMs: 0 }
    this.take(encodeBatch(records, about))
    const { waiting } = this
    this.waiting = []
    for (const wake of waiting) wake()
  }

  /** A broker has registered and is not fenced any more. */
  isUnfenced(brokerId: number): boolean {
    return this.state.image.brokers.get(brokerId)?.fenced === false
  }

  /** Breaks all connections, as a process that was killed. */
  drop(): void {
    for (const { destroy } of [...this.listener.connections].map(bound)) destroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closing = this.listener.close({ drainMs: 0 })
    this.drop()
    for (const wake of this.waiting) wake()
    await closing
  }

  private take(batch: MetadataBatch): void {
    this.state = applyBatch(this.state, batch)
    this.batches.push(batch)
  }

  private handle(frame: Uint8Array, connection: Connection): void {
    const received = readRequest(frame)
    const { api, version, correlationId } = received
    const answer = connection.begin()
    const send = async (name: ApiName) => {
      const body = await this.answer(name, readOwnRequestBody(name, received), connection)
      answer.send(encodeResponse(name, version, correlationId, body as never))
    }
    send(api.name).catch((error: unknown) => {
      connection.destroy('Failed', String(error))
    })
  }

  private answer(name: ApiName, request: unknown, connection: Connection): unknown {
    const isAuth = name === 'SaslHandshake' || name === 'SaslAuthenticate'
    if (!isAuth && this.auths.get(connection)?.isDone !== true) throw new Error('who are you?')
    const scripted = this.scripted[name] as ((request: unknown) => unknown) | undefined
    if (scripted !== undefined) return scripted(request)
    switch (name) {
      case 'SaslHandshake':
        this.auths.set(connection, new InternalAuth(this.secret, realRandom))
        return { errorCode: 0, mechanisms: [] }
      case 'SaslAuthenticate':
        return this.authenticate(request as OwnRequestOf<'SaslAuthenticate'>, connection)
      case 'BrokerRegistration':
        return this.register(request as OwnRequestOf<'BrokerRegistration'>)
      case 'BrokerHeartbeat':
        return this.beat(request as OwnRequestOf<'BrokerHeartbeat'>)
      case 'Fetch':
        return this.fetch(request as OwnRequestOf<'Fetch'>)
      case 'FetchSnapshot':
        return this.fetchSnapshot(request as OwnRequestOf<'FetchSnapshot'>)
      default:
        throw new Error(`the test says nothing of ${name}`)
    }
  }

  private authenticate({ authBytes }: OwnRequestOf<'SaslAuthenticate'>, connection: Connection) {
    const step = this.auths.get(connection)?.next(authBytes)
    const errorCode = step?.type === 'refused' ? errorCodes.SASL_AUTHENTICATION_FAILED : 0
    const bytes = step?.type === 'continue' ? step.bytes : new Uint8Array(0)
    return { errorCode, errorMessage: null, authBytes: bytes }
  }

  private register(request: OwnRequestOf<'BrokerRegistration'>) {
    if (this.isStandby) return { throttleTimeMs: 0, errorCode: errorCodes.NOT_CONTROLLER }
    this.registrations.push(request)
    const brokerEpoch = this.state.image.highestBrokerEpoch + 1
    const record = brokerOf(request.brokerId, brokerEpoch)
    const { incarnationId, logDirs } = request
    this.append([{ ...record, incarnationId, logDirs, fenced: true } as MetadataRecord])
    return { throttleTimeMs: 0, errorCode: 0, brokerEpoch }
  }

  private beat(request: OwnRequestOf<'BrokerHeartbeat'>) {
    const { brokerId, brokerEpoch } = request
    this.heartbeats.push(request)
    const broker = this.state.image.brokers.get(brokerId)
    const answer = { throttleTimeMs: 0, errorCode: 0, shouldShutDown: request.wantShutDown }
    if (broker === undefined) return { ...answer, errorCode: errorCodes.BROKER_ID_NOT_REGISTERED }
    if (broker.epoch !== brokerEpoch) return { ...answer, errorCode: errorCodes.STALE_BROKER_EPOCH }
    if (broker.fenced && !request.wantFence && !request.wantShutDown) {
      this.append([changed(brokerId, brokerEpoch, -1)])
    }
    return { ...answer, isCaughtUp: true, isFenced: !this.isUnfenced(brokerId) }
  }

  private async fetch({ topics, maxWaitMs }: OwnRequestOf<'Fetch'>) {
    const wanted = topics[0]?.partitions[0]
    if (wanted === undefined) throw new Error('a Fetch without a partition')
    const { fetchOffset, lastFetchedEpoch } = wanted
    if (fetchOffset === this.state.offset && maxWaitMs > 0) await this.more(maxWaitMs)
    const records = this.batches.filter(({ baseOffset }) => baseOffset >= fetchOffset)
    const { controllerEpochs } = this.state.image
    const own = controllerEpochs.findLast(({ startOffset }) => startOffset < fetchOffset)
    const isOurs = fetchOffset === 0 || (own?.epoch ?? 0) === lastFetchedEpoch
    const partition = {
      partitionIndex: 0,
      errorCode: this.isStandby ? errorCodes.NOT_LEADER_OR_FOLLOWER : 0,
      highWatermark: this.state.offset,
      abortedTransactions: null,
      records: null as Uint8Array | null,
    }
    const answerOf = (more: object) => {
      const topicId = topics[0]?.topicId ?? ''
      return {
        throttleTimeMs: 0,
        responses: [{ topicId, partitions: [{ ...partition, ...more }] }],
        metadataPosition: this.isStandby ? null : positionOf(this.state),
      }
    }
    if (this.isStandby) return answerOf({})
    if (!isOurs || fetchOffset > this.state.offset) {
      return answerOf({ divergingEpoch: { epoch: own?.epoch ?? 0, endOffset: 0 } })
    }
    if (fetchOffset < this.startOffset) {
      const { epoch } = this.state.image.controller
      return answerOf({ snapshotId: { endOffset: this.state.offset, epoch } })
    }
    return answerOf({ records: Buffer.concat(records.map(({ bytes }) => bytes)) })
  }

  /** In pieces, so that they have to be put together. */
  private fetchSnapshot({ topics }: OwnRequestOf<'FetchSnapshot'>) {
    const { position = 0, snapshotId } = topics[0]?.partitions[0] ?? {}
    const bytes = Buffer.concat([...snapshotBatches(this.state.image, { timestampMs: 0 })])
    const piece = bytes.subarray(position, position + 100)
    const own = { index: 0, errorCode: 0, snapshotId, size: bytes.length, position }
    const partitions = [{ ...own, unalignedRecords: piece }]
    return { throttleTimeMs: 0, errorCode: 0, topics: [{ name: '', partitions }] }
  }

  private more(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, waitMs)
      this.waiting.push(() => {
        clearTimeout(timer)
        resolve()
      })
    })
  }
}

/** @param fenced 1 fences, -1 unfences. */
export function changed(brokerId: number, brokerEpoch: number, fenced: number): MetadataRecord {
  return metadataRecord('BrokerRegistrationChangeRecord', {
    brokerId,
    brokerEpoch,
    fenced,
    inControlledShutdown: 0,
    logDirs: [],
  })
}

function bound(connection: Connection) {
  return { destroy: () => connection.destroy('Destroyed', 'dropped by the test') }
}
