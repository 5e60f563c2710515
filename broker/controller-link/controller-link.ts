import type { Clock, Timer } from '../../lib/clock.ts'
import { sleep } from '../../lib/clock.ts'
import type { Random } from '../../lib/random.ts'
import type { HostAndPort } from '../config/broker-options.ts'
import type { MetadataCopy } from '../metadata/files/metadata-copy.ts'
import type { BrokerImage, MetadataImage } from '../metadata/image.ts'
import type { ClientConnection } from '../net/client-connection.ts'
import { connect } from '../net/connect.ts'
import { authenticate } from '../net/internal-auth.ts'
import { NetworkError } from '../net/network-error.ts'
import type { ApiName, RequestInputOf, ResponseOf } from '../protocol/apis.ts'
import { KafkaError } from '../protocol/errors.ts'
import { errorCodes } from '../protocol/generated/error-codes.ts'
import { backoffMs } from './backoff.ts'
import { codeOf, LinkError } from './link-error.ts'
import { fetchEndOffset, fetchMetadata } from './metadata-feed.ts'
import { ProducerIds } from './producer-ids.ts'

/** Who this broker is, for the controller. */
export type Registration = {
  readonly brokerId: number
  readonly clusterId: string
  /** New for each process. */
  readonly incarnationId: string
  readonly rack: string | null
  readonly listeners: readonly { name: string; host: string; port: number }[]
  readonly directoryIds: readonly string[]
  /** Of the last orderly stop, or -1. */
  readonly previousBrokerEpoch: number
}

export type ControllerLinkOptions = {
  readonly controllers: readonly HostAndPort[]
  readonly secret: Uint8Array
  readonly registration: Registration
  readonly copy: MetadataCopy
  readonly clock: Clock
  readonly random: Random
  /**
   * Called with each image that this broker is to act on: not before it was registered and had caught
   * up, since what a copy says of an earlier life need not hold any more (safety rules, case 2).
   */
  readonly onImage: (image: MetadataImage) => void
  /** What an operator of the cluster wants to read. */
  readonly log: (message: string) => void
  /** A record that cannot be applied, or our own mistake: the process is not to go on. */
  readonly onFatal: (error: unknown) => void
}

/**
 * This broker's tie to the controller: it dials, registers, says every half second that it is there,
 * and follows the metadata log. When the controller goes away, what was learnt holds on.
 *
 * There are two connections: what waits for news on one must not hold up the heartbeats.
 */
export class ControllerLink {
  readonly producerIds: ProducerIds
  private readonly options: ControllerLinkOptions
  private session: ClientConnection | undefined
  private feed: ClientConnection | undefined
  private epoch = -1
  private isServing = false
  private isStopped = false
  private wantShutDown = false
  private mayShutDown = Promise.withResolvers<void>()
  private waiters: { offset: number; done: () => void }[] = []
  private running: Promise<void> | undefined
  private lastContactMs: number

  constructor(options: ControllerLinkOptions) {
    this.options = options
    this.lastContactMs = options.clock.monotonicMs()
    this.producerIds = new ProducerIds(() => this.allocateProducerIds())
  }

  /** The epoch of this registration, or -1. */
  get brokerEpoch(): number {
    return this.epoch
  }

  /** Whether this broker may be used: registered, caught up and not fenced since it started. */
  get isReady(): boolean {
    return this.isServing
  }

  get isConnected(): boolean {
    return this.session !== undefined
  }

  /** For how long no controller has answered. */
  get silentMs(): number {
    return this.isConnected ? 0 : this.options.clock.monotonicMs() - this.lastContactMs
  }

  start(): void {
    this.running = this.run().catch(this.options.onFatal)
  }

  /** Asks to be relieved of what it leads, so that nobody is surprised, and waits a while for it. */
  async prepareStop(waitMs: number): Promise<void> {
    this.wantShutDown = true
    if (!this.isConnected) return
    await Promise.race([this.mayShutDown.promise, sleep(this.options.clock, waitMs)])
  }

  async stop(): Promise<void> {
    this.isStopped = true
    this.session?.close()
    this.feed?.close()
    await this.running
  }

  /**
   * Sends a request of a client to the controller as it is.
   *
   * @throws {KafkaError} NOT_CONTROLLER, where there is none: clients try again.
   */
  async forward<N extends ApiName>(
    name: N,
    version: number,
    request: RequestInputOf<N>,
  ): Promise<ResponseOf<N>> {
    const { session } = this
    if (session === undefined) throw new KafkaError('NOT_CONTROLLER', 'no controller answers')
    try {
      return await session.request(name, version, request)
    } catch (error) {
      if (!(error instanceof NetworkError)) throw error
      // It may have happened; who asks again is told so.
      throw new KafkaError('NOT_CONTROLLER', `the controller went away: ${error.message}`)
    }
  }

  /** Settles once this broker knows all that the controller has answered so far, or after a while. */
  async caughtUp(timeoutMs: number): Promise<void> {
    const { clock, copy, registration } = this.options
    const { session } = this
    if (session === undefined) return
    const fetcher = { brokerId: registration.brokerId, brokerEpoch: this.epoch }
    const offset = await fetchEndOffset(session, copy, fetcher).catch(() => 0)
    if (copy.position.offset >= offset) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const waiter = { offset, done: resolve }
    this.waiters.push(waiter)
    const timer: Timer = clock.timer(timeoutMs, resolve)
    await promise
    timer.cancel()
    this.waiters = this.waiters.filter((other) => other !== waiter)
  }

  private async run(): Promise<void> {
    const { controllers, clock, random, log } = this.options
    for (let failures = 0; !this.isStopped; ) {
      const address = controllers[failures % controllers.length] as HostAndPort
      try {
        await this.follow(address, () => {
          if (failures > 0) log(`follows the controller at ${address.host}:${address.port} again`)
          failures = 0
        })
      } catch (error) {
        if (!(error instanceof NetworkError || error instanceof LinkError)) throw error
        if (this.isStopped) return
        failures += 1
        if (failures === 1 || failures % 60 === 0) log(error.message)
      }
      await sleep(clock, backoffMs(failures, random))
    }
  }

  /** Follows one controller until it goes away. */
  private async follow(address: HostAndPort, onFollowed: () => void): Promise<void> {
    const session = await this.dial(address)
    try {
      const feed = await this.dial(address)
      try {
        if (this.isStopped) return
        this.feed = feed
        if (this.epoch < 0) await this.register(session)
        this.session = session
        onFollowed()
        await Promise.race([this.heartbeats(session), this.fetches(feed)])
      } finally {
        feed.close()
      }
    } finally {
      this.session = undefined
      this.feed = undefined
      this.lastContactMs = this.options.clock.monotonicMs()
      session.close()
    }
  }

  private async dial({ host, port }: HostAndPort): Promise<ClientConnection> {
    const { clock, secret, random, registration } = this.options
    const connection = await connect({
      host,
      port,
      clock,
      clientId: `broker-${registration.brokerId}`,
      connectTimeoutMs: answerMs,
    })
    try {
      await authenticate(connection, secret, random)
      return connection
    } catch (error) {
      connection.close()
      throw error
    }
  }

  private async register(session: ClientConnection): Promise<void> {
    const { registration } = this.options
    const answer = await session.request('BrokerRegistration', 4, {
      brokerId: registration.brokerId,
      clusterId: registration.clusterId,
      incarnationId: registration.incarnationId,
      listeners: registration.listeners.map((own) => ({ ...own, securityProtocol: 0 })),
      features: [],
      rack: registration.rack,
      logDirs: [...registration.directoryIds],
      previousBrokerEpoch: registration.previousBrokerEpoch,
    })
    if (answer.errorCode !== 0) {
      const code = codeOf(answer.errorCode)
      throw new LinkError('Refused', `the controller refuses to register this broker: ${code}`)
    }
    this.epoch = answer.brokerEpoch
  }

  private async heartbeats(session: ClientConnection): Promise<never> {
    const { clock, registration, copy } = this.options
    for (;;) {
      const answer = await session.request(
        'BrokerHeartbeat',
        1,
        {
          brokerId: registration.brokerId,
          brokerEpoch: this.epoch,
          currentMetadataOffset: copy.position.offset,
          wantFence: false,
          wantShutDown: this.wantShutDown,
        },
        { timeoutMs: answerMs },
      )
      if (needsRegistration.has(answer.errorCode)) {
        this.epoch = -1
        throw new LinkError(
          'Refused',
          `this broker has to register again: ${codeOf(answer.errorCode)}`,
        )
      }
      if (answer.errorCode !== 0) {
        throw new LinkError('Refused', `a heartbeat was answered ${codeOf(answer.errorCode)}`)
      }
      if (answer.shouldShutDown) this.mayShutDown.resolve()
      const isWaiting = answer.isFenced || this.wantShutDown
      await sleep(clock, isWaiting ? whileFencedMs : heartbeatMs)
    }
  }

  private async fetches(feed: ClientConnection): Promise<never> {
    const { copy, registration } = this.options
    for (;;) {
      const { image: before } = copy.state
      const { brokerId } = registration
      await fetchMetadata(feed, copy, { brokerId, brokerEpoch: this.epoch })
      if (copy.state.image !== before) this.changed(copy.state.image)
    }
  }

  private changed(image: MetadataImage): void {
    const { copy, registration, onImage } = this.options
    this.isServing ||= isUsable(image.brokers.get(registration.brokerId), this.epoch)
    if (this.isServing) onImage(image)
    const { offset } = copy.position
    for (const waiter of this.waiters) if (waiter.offset <= offset) waiter.done()
  }

  private async allocateProducerIds() {
    const { brokerId } = this.options.registration
    const answer = await this.forward('AllocateProducerIds', 0, {
      brokerId,
      brokerEpoch: this.epoch,
    })
    if (answer.errorCode !== 0) {
      const code = codeOf(answer.errorCode)
      throw new KafkaError('COORDINATOR_NOT_AVAILABLE', `no producer ids: ${code}`)
    }
    const { producerIdStart: first, producerIdLen: length } = answer
    return { first, end: first + length }
  }
}

function isUsable(broker: BrokerImage | undefined, epoch: number): boolean {
  return broker !== undefined && broker.epoch === epoch && !broker.fenced
}

const needsRegistration: ReadonlySet<number> = new Set([
  errorCodes.STALE_BROKER_EPOCH,
  errorCodes.BROKER_ID_NOT_REGISTERED,
])
const heartbeatMs = 500
/** Until it is unfenced, or may stop, a broker asks more often: somebody waits for it. */
const whileFencedMs = 20
/** How long an answer may take before the controller is taken for hung. */
const answerMs = 2_000
