import type { Clock, Timer } from '../../lib/clock.ts'
import type { Logger } from '../../lib/logger.ts'
import type { Random } from '../../lib/random.ts'
import type { MetadataCopy } from '../metadata/files/metadata-copy.ts'
import { emptyImage, type MetadataImage } from '../metadata/image.ts'
import { type ImageChanges, imageChanges } from '../metadata/image-changes.ts'
import { MetadataError } from '../metadata/metadata-error.ts'
import type { ClientConnection } from '../net/client-connection.ts'
import { type Address, NetworkError, textOf } from '../net/network-error.ts'
import type { ApiName, RequestInputOf, ResponseOf } from '../protocol/apis.ts'
import { KafkaError } from '../protocol/errors.ts'
import { type LogOf, ReplicaEndsToTell } from '../replica/replica-ends.ts'
import { backoffMs, failuresAfter, patienceMs } from './backoff.ts'
import { CatchUps } from './catch-up.ts'
import { checkStanding, chooseController } from './choose-controller.ts'
import type { ControllerAddresses } from './controller-addresses.ts'
import { ControllerSession, type SessionOwner } from './controller-session.ts'
import { codeOf, isIgnored, isOfController, LinkError } from './link-error.ts'
import { Lookout } from './lookout.ts'
import { Pause } from './pause.ts'
import { type ProducerIdBlock, ProducerIds } from './producer-ids.ts'
import { type Registration, standingIn } from './registration.ts'

export type ControllerLinkOptions = {
  readonly controllers: ControllerAddresses
  /** A connection that is authenticated. @throws {NetworkError} */
  readonly dial: (address: Address) => Promise<ClientConnection>
  readonly registration: Registration
  readonly copy: MetadataCopy
  /** Ids of data directories that do not take all that is written. */
  readonly failedDirectoryIds: () => readonly string[]
  /** The log of a replica of this broker; undefined where it cannot be read. */
  readonly logOf: LogOf
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  /**
   * Called with what this broker is to act on. Not before it was registered and had caught up with
   * that: what its copy says of an earlier life need not hold any more (safety rules, case 2). Then
   * with all of it, and after that with each change, whether or not there is a controller.
   */
  readonly onImage: (before: MetadataImage, after: MetadataImage, changes: ImageChanges) => void
  /** Our own mistake, or a disk that does not take the copy: the process is not to go on. */
  readonly onFatal: (error: unknown) => void
  /** After so long without any controller `onAbandoned` is called once; null: never. */
  readonly abandonedAfterMs: number | null
  readonly onAbandoned: () => void
}

/**
 * This broker's tie to the controller: it dials, registers, says every half second that it is there,
 * and follows the metadata log. When the controller goes away, what was learnt holds on.
 */
export class ControllerLink {
  readonly producerIds: ProducerIds
  private readonly options: ControllerLinkOptions
  private readonly lookout: Lookout
  private readonly pause: Pause
  private session: ControllerSession | undefined
  private epoch = -1
  private acted: MetadataImage = emptyImage
  private hasCaughtUp = false
  private wantShutDown = false
  private isStopped = false
  private readonly mayShutDown = Promise.withResolvers<void>()
  private readonly catchUps = new CatchUps()
  private readonly replicaEnds: ReplicaEndsToTell
  private running: Promise<void> = Promise.resolve()
  private abandoned: Timer | undefined
  private lastSaid = ''
  private heardMs = Number.NEGATIVE_INFINITY

  constructor(options: ControllerLinkOptions) {
    const { dial, copy, clock, registration } = options
    const { brokerId } = registration
    const fetcher = () => ({ brokerId, brokerEpoch: this.epoch })
    this.options = options
    this.replicaEnds = new ReplicaEndsToTell(brokerId, options.logOf)
    this.pause = new Pause(clock)
    this.producerIds = new ProducerIds(() => this.allocateProducerIds())
    this.lookout = new Lookout({ dial, copy, clock, fetcher })
  }

  /** What this broker acts on; empty before it has caught up. */
  get image(): MetadataImage {
    return this.acted
  }

  /** Of its registration, or -1. */
  get brokerEpoch(): number {
    return this.epoch
  }

  /**
   * When the last heartbeat was sent that a controller answered, by the monotonic clock; -Infinity before
   * that. An answer may have lain in the socket for as long as this process stood still.
   */
  get controllerHeardMs(): number {
    return this.heardMs
  }

  /** Whether a controller is followed now. */
  get isConnected(): boolean {
    return this.session !== undefined
  }

  /** Why clients are not to be sent here, or undefined. */
  get notReady(): string | undefined {
    if (this.epoch < 0) return 'not registered with a controller'
    if (!this.hasCaughtUp) return 'behind the metadata log'
    const standing = standingIn(this.acted, this.options.registration)
    return standing === 'unfenced' ? undefined : 'fenced by the controller'
  }

  start(): void {
    this.watchForAbandonment()
    this.running = this.run().catch(this.options.onFatal)
  }

  /**
   * Tells the controller that this broker is to end, and waits for it to have made others lead: not
   * beyond that time, and not without a controller.
   */
  async prepareStop(waitMs: number): Promise<void> {
    this.wantShutDown = true
    if (this.session === undefined || this.epoch < 0) return
    this.session.beat()
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = this.options.clock.timer(waitMs, resolve)
    await Promise.race([this.mayShutDown.promise, promise])
    timer.cancel()
  }

  async stop(): Promise<void> {
    this.isStopped = true
    this.abandoned?.cancel()
    this.session?.end(new LinkError('Refused', 'this broker stops'))
    this.lookout.close()
    this.pause.wake()
    this.catchUps.reached(Number.POSITIVE_INFINITY)
    await this.running
  }

  /**
   * Sends a request of a client to the controller as it is.
   *
   * @throws {KafkaError} NOT_CONTROLLER, where there is none; REQUEST_TIMED_OUT, where it went away
   *   before it answered, and may have done it. Clients try again after both.
   */
  async forward<N extends ApiName>(
    name: N,
    version: number,
    request: RequestInputOf<N>,
  ): Promise<ResponseOf<N>> {
    if (this.session === undefined) throw new KafkaError('NOT_CONTROLLER', 'no controller answers')
    return this.session.forward(name, version, request)
  }

  /** Settles once this broker acts on all that the controller has answered so far, or after a while. */
  async caughtUp(timeoutMs: number): Promise<void> {
    const { clock, copy } = this.options
    await this.catchUps.wait({
      clock,
      timeoutMs,
      reached: () => copy.position.offset,
      wanted: async () => (await this.session?.endOffset()) ?? -1,
    })
  }

  private async run(): Promise<void> {
    const { clock, random } = this.options
    for (let failures = 0; !this.isStopped; ) {
      let beganMs = Number.POSITIVE_INFINITY
      let slowMs = 0
      try {
        const address = await this.choose(failures)
        const session = await ControllerSession.begin(this.ownerAt(address))
        if (this.isStopped) {
          session.close()
          return
        }
        beganMs = clock.monotonicMs()
        await this.follow(session, address)
      } catch (error) {
        if (this.isStopped) return
        if (!isOfController(error)) throw error
        if (isIgnored(error)) slowMs = ignoredMs
        this.say(error)
      }
      failures = failuresAfter(failures, clock.monotonicMs() - beganMs)
      await this.pause.wait(Math.max(slowMs, backoffMs(failures, random)))
    }
  }

  private async choose(failures: number): Promise<Address> {
    const { controllers, copy } = this.options
    const all = await controllers.now(freshMs)
    const [first] = all
    if (controllers.isOne && first !== undefined) return first
    // Of a later one than was followed before it is known that it took over.
    const enoughEpoch = this.hasCaughtUp ? copy.position.epoch : Number.POSITIVE_INFINITY
    const patience = { waitMs: patienceMs(failures), enoughEpoch }
    const seen = await this.lookout.survey(all, patience)
    const chosen = chooseController(seen, copy.position)
    if (chosen !== undefined) return chosen
    for (const one of seen) checkStanding(one, copy.position)
    const texts = all.map(textOf).join(', ')
    throw new NetworkError('ECONNREFUSED', `none of ${texts} is an active controller`)
  }

  private ownerAt(address: Address): SessionOwner {
    const { registration, copy, clock, dial, log } = this.options
    return {
      registration,
      copy,
      clock,
      dial: () => dial(address),
      state: () => {
        const { epoch: brokerEpoch, hasCaughtUp, wantShutDown } = this
        const failedDirectoryIds = this.options.failedDirectoryIds()
        const replicaEnds = this.replicaEnds.told
        return { brokerEpoch, hasCaughtUp, wantShutDown, failedDirectoryIds, replicaEnds }
      },
      onRegistered: (brokerEpoch) => {
        this.epoch = brokerEpoch
        log.info('registered with the controller', { brokerEpoch })
      },
      onHeard: (sentMs) => {
        this.heardMs = sentMs
      },
      onApplied: () => this.applied(),
      onMayShutDown: () => this.mayShutDown.resolve(),
    }
  }

  /** @throws Why it ended. */
  private async follow(session: ControllerSession, address: Address): Promise<void> {
    this.session = session
    this.abandoned?.cancel()
    this.lastSaid = ''
    this.options.log.info('follows a controller', { controller: textOf(address) })
    const look = new Pause(this.options.clock)
    const looking = this.lookForAnother(session, address, look)
    try {
      await session.run()
    } finally {
      this.session = undefined
      if (this.wantShutDown) this.mayShutDown.resolve() // there is nobody to hand over to
      look.wake()
      this.catchUps.reached(Number.POSITIVE_INFINITY) // nothing more is to be expected
      if (!this.isStopped) this.watchForAbandonment()
      await looking
    }
  }

  /** Ends the session once another controller has taken over. */
  private async lookForAnother(
    session: ControllerSession,
    address: Address,
    pause: Pause,
  ): Promise<void> {
    const { controllers, copy, clock } = this.options
    for (let lookedMs = 0; !controllers.isOne && this.session === session; ) {
      await pause.wait(Math.max(0, lookMs - lookedMs))
      const beganMs = clock.monotonicMs()
      const others = await controllers.now(keptMs)
      const patience = { waitMs: lookMs, enoughEpoch: copy.position.epoch }
      const seen = await this.lookout.survey(others, patience)
      lookedMs = clock.monotonicMs() - beganMs
      const chosen = chooseController(seen, copy.position, address)
      if (chosen === undefined || this.session !== session) continue
      const [ours, theirs] = [textOf(address), textOf(chosen)]
      if (ours !== theirs) session.end(new LinkError('Superseded', `${ours} gave way to ${theirs}`))
    }
  }

  private applied(): void {
    const { copy, registration, log } = this.options
    const { image, offset } = copy.state
    if (!this.hasCaughtUp && standingIn(image, registration) !== 'unknown') {
      this.hasCaughtUp = true
      log.info('caught up with the metadata log', { offset })
      this.session?.beat() // somebody waits for it to be unfenced
    }
    if (this.hasCaughtUp && image !== this.acted) this.act(image)
    this.catchUps.reached(offset)
  }

  /** What is thrown here is never the controller's doing, whatever kind of error it is. */
  private act(image: MetadataImage): void {
    const { onImage, onFatal } = this.options
    const before = this.acted
    this.acted = image
    const changes = imageChanges(before, image)
    try {
      onImage(before, image, changes)
      if (this.replicaEnds.see(changes)) this.session?.beat()
    } catch (error) {
      onFatal(error)
    }
  }

  private async allocateProducerIds(): Promise<ProducerIdBlock> {
    const { brokerId } = this.options.registration
    try {
      const request = { brokerId, brokerEpoch: this.epoch }
      const answer = await this.forward('AllocateProducerIds', 0, request)
      const { errorCode, producerIdStart: first, producerIdLen: length } = answer
      if (errorCode !== 0) throw noProducerIds(codeOf(errorCode))
      if (length <= 0) throw noProducerIds('a block without any')
      return { first, end: first + length }
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      throw noProducerIds(error.message)
    }
  }

  /** Says why there is no controller, once for each reason, and not at each try. */
  private say(error: Error): void {
    if (error.message === this.lastSaid) return
    this.lastSaid = error.message
    const problem =
      error instanceof LinkError || error instanceof MetadataError ? error.problem : ''
    const fields = { reason: error.message, ...(problem === '' ? {} : { problem }) }
    if (isIgnored(error)) this.options.log.error('a controller is ignored', fields)
    else this.options.log.warn('no controller is followed, dialling on', fields)
  }

  private watchForAbandonment(): void {
    const { abandonedAfterMs, clock, onAbandoned, log } = this.options
    if (abandonedAfterMs === null) return
    this.abandoned = clock.timer(abandonedAfterMs, () => {
      log.error('left without any controller', { forMs: abandonedAfterMs })
      onAbandoned()
    })
  }
}

/** Clients try again after this one. */
function noProducerIds(why: string): KafkaError {
  return new KafkaError('COORDINATOR_LOAD_IN_PROGRESS', `no producer ids: ${why}`)
}

/** Somebody has to do something about it, and is not to be told again and again. */
const ignoredMs = 5_000
/** While a controller is followed the others are looked at this often, and have as long to answer. */
const lookMs = 500
/** How old an answer of the name service may be: while a controller is followed, and while none is. */
const keptMs = 5_000
const freshMs = 250
