import type { Clock } from '../../lib/clock.ts'
import type { MetadataCopy } from '../metadata/files/metadata-copy.ts'
import type { ClientConnection } from '../net/client-connection.ts'
import { NetworkError } from '../net/network-error.ts'
import type { ApiName, RequestInputOf, ResponseOf } from '../protocol/apis.ts'
import { KafkaError } from '../protocol/errors.ts'
import { checkCode, codeOf, LinkError } from './link-error.ts'
import { askPosition, fetchMetadata } from './metadata-feed.ts'
import { Pause } from './pause.ts'
import {
  afterHeartbeat,
  type Beat,
  heartbeatRequest,
  type Registration,
  registrationRequest,
} from './registration.ts'

/** What a session needs of the broker, and tells it. */
export type SessionOwner = {
  readonly registration: Registration
  readonly copy: MetadataCopy
  readonly clock: Clock
  /** A connection to this controller that is authenticated. */
  dial(): Promise<ClientConnection>
  /** What of this broker goes into a heartbeat; the epoch is -1 before it was registered. */
  state(): Omit<Beat, 'position'>
  onRegistered(brokerEpoch: number): void
  /** The controller has answered a heartbeat. @param sentMs When that was sent, by the monotonic clock. */
  onHeard(sentMs: number): void
  /** The copy has gone on. */
  onApplied(): void
  /** The controller does not mind if this broker ends. */
  onMayShutDown(): void
}

/**
 * One controller, for as long as it is followed. Answers of a connection come in the order of its
 * requests, so there are three: heartbeats must not wait behind a long poll for news, nor behind an
 * admin request that the controller takes long for.
 */
export class ControllerSession {
  private readonly owner: SessionOwner
  private readonly control: ClientConnection
  private readonly feed: ClientConnection
  private admin: Promise<ClientConnection> | undefined
  private readonly pause: Pause
  private readonly ending = Promise.withResolvers<never>()
  private isClosed = false

  private constructor(owner: SessionOwner, control: ClientConnection, feed: ClientConnection) {
    this.owner = owner
    this.control = control
    this.feed = feed
    this.pause = new Pause(owner.clock)
    this.ending.promise.catch(() => {}) // whoever runs it sees it
  }

  /**
   * Dials, and registers a broker that is not registered.
   *
   * @throws {NetworkError} @throws {LinkError}
   */
  static async begin(owner: SessionOwner): Promise<ControllerSession> {
    const dialled = await Promise.allSettled([owner.dial(), owner.dial()])
    const open = dialled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
    const [control, feed] = open
    const refused = dialled.find((one) => one.status === 'rejected')
    if (control === undefined || feed === undefined) {
      for (const connection of open) connection.close()
      throw refused?.reason
    }
    const session = new ControllerSession(owner, control, feed)
    try {
      if (owner.state().brokerEpoch < 0) await session.register()
      return session
    } catch (error) {
      session.close()
      throw error
    }
  }

  /** Follows the controller until that ends. @throws Why: it never just returns. */
  async run(): Promise<never> {
    try {
      return await Promise.race([this.ending.promise, this.heartbeats(), this.fetches()])
    } finally {
      this.close()
    }
  }

  /** Says now that the broker is there, and what has changed of it. */
  beat(): void {
    this.pause.wake()
  }

  end(why: Error): void {
    this.ending.reject(why)
  }

  close(): void {
    if (this.isClosed) return
    this.isClosed = true
    this.control.close()
    this.feed.close()
    this.admin?.then((connection) => connection.close()).catch(() => {}) // it was never there
    this.pause.wake()
  }

  /** @throws {KafkaError} NOT_CONTROLLER; REQUEST_TIMED_OUT where it may have been done. */
  async forward<N extends ApiName>(
    name: N,
    version: number,
    request: RequestInputOf<N>,
  ): Promise<ResponseOf<N>> {
    const connection = await this.adminConnection()
    try {
      return await connection.request(name, version, request)
    } catch (error) {
      if (!(error instanceof NetworkError)) throw error
      throw new KafkaError('REQUEST_TIMED_OUT', `the controller: ${error.message}`)
    }
  }

  /** Where the controller's log ends: all that it answered `forward` before is in front of it. */
  async endOffset(): Promise<number> {
    const connection = await this.adminConnection()
    const { copy } = this.owner
    const position = await askPosition(connection, copy, this.fetcher)
    return position?.offset ?? -1
  }

  private get fetcher() {
    const { owner } = this
    return { brokerId: owner.registration.brokerId, brokerEpoch: owner.state().brokerEpoch }
  }

  private async adminConnection(): Promise<ClientConnection> {
    this.admin ??= this.dialAdmin()
    try {
      return await this.admin
    } catch (error) {
      if (!(error instanceof NetworkError)) throw error
      throw new KafkaError('NOT_CONTROLLER', `the controller: ${error.message}`)
    }
  }

  private dialAdmin(): Promise<ClientConnection> {
    const dialled = this.owner.dial()
    const gone = () => {
      if (this.admin === dialled) this.admin = undefined
    }
    dialled.then((connection) => {
      if (this.isClosed) connection.close()
      return connection.closed.then(gone)
    }, gone)
    return dialled
  }

  private async register(): Promise<void> {
    const { owner } = this
    const request = registrationRequest(owner.registration, owner.copy.position)
    const options = { timeoutMs: registrationMs }
    const answer = await this.control.request('BrokerRegistration', 4, request, options)
    checkCode('the registration of this broker', answer.errorCode)
    owner.onRegistered(answer.brokerEpoch)
  }

  private async heartbeats(): Promise<never> {
    const { owner, control } = this
    for (;;) {
      const beat = { ...owner.state(), position: owner.copy.position }
      const request = heartbeatRequest(owner.registration, beat)
      const sentMs = owner.clock.monotonicMs()
      const answer = await control.request('BrokerHeartbeat', 1, request, { timeoutMs: answerMs })
      owner.onHeard(sentMs)
      const next = afterHeartbeat(answer, beat, owner.registration)
      if (next === 'refused') {
        throw new LinkError('Refused', `a heartbeat was answered ${codeOf(answer.errorCode)}`)
      }
      if (next === 'register') await this.register()
      else {
        if (answer.shouldShutDown) owner.onMayShutDown()
        await this.pause.wait(next.nextMs)
      }
    }
  }

  private async fetches(): Promise<never> {
    const { copy } = this.owner
    for (;;) await fetchMetadata(this.feed, copy, this.fetcher, () => this.owner.onApplied())
  }
}

/** A controller that takes over waits for a session before it decides anything. */
const registrationMs = 4_000
/** How long an answer may take before the controller is taken for hung. */
const answerMs = 2_000
