import type { MetadataImage } from '../../broker/metadata/image.ts'
import { type ImageChanges, imageChanges } from '../../broker/metadata/image-changes.ts'
import { MetadataError } from '../../broker/metadata/metadata-error.ts'
import { compareHistory, type MetadataPosition } from '../../broker/metadata/position.ts'
import { KafkaError } from '../../broker/protocol/errors.ts'
import type { Timer } from '../../lib/clock.ts'
import type { Logger } from '../../lib/logger.ts'
import { Controller, type ControllerOptions, type ControllerSettings } from './controller.ts'
import type { Stopped } from './metadata-writer.ts'
import type { MetadataStore } from './store/metadata-store.ts'
import { FailoverCounts } from './timeline/failover-counts.ts'

export type ControllerHostOptions = Pick<
  ControllerOptions,
  | 'clusterId'
  | 'secret'
  | 'openDoor'
  | 'clock'
  | 'random'
  | 'readsUpTo'
  | 'operators'
  | 'onFatal'
  | 'onHung'
  | 'onDropped'
  | 'onFailover'
> & {
  /** A new one for each controller. */
  readonly openStore: () => MetadataStore
  readonly log: Logger
  /** What is in the metadata log has changed. */
  readonly onImage: (changes: ImageChanges) => void
  /** There is a controller now, or there is none any more. */
  readonly onChange: () => void
  /** None can be started: the log is of a newer version of kavka, and another process may read it. */
  readonly onTooNew?: (why: string) => void
}

/**
 * Keeps a controller running: one that ends, since the disk was full for example, is followed by
 * another on the same log, as often as it takes. Brokers serve on meanwhile.
 *
 * One that found that brokers know more than the log is followed by none, until the log has what they
 * know: it was put back once more, to what it should have been. Until then it is only read, since each
 * takeover appends an epoch, and with enough of them the history of epochs would not go back to what
 * brokers know: then nothing would show any more that it is another log.
 */
export class ControllerHost {
  /** Of all controllers that there were. */
  readonly failovers: FailoverCounts
  readonly #options: ControllerHostOptions
  #settings: ControllerSettings
  #current: Controller | undefined
  #image: MetadataImage
  #problem: string | undefined
  #timer: Timer | undefined
  #renewed: Promise<void> = Promise.resolve()
  #isClosed = false

  private constructor(
    options: ControllerHostOptions,
    settings: ControllerSettings,
    { first, failovers }: { first: Controller; failovers: FailoverCounts },
  ) {
    this.failovers = failovers
    this.#options = options
    this.#settings = settings
    this.#current = first
    this.#image = first.image
    this.#follow(first)
  }

  /**
   * @throws {NetworkError} The port is taken. @throws {StorageError} @throws {MetadataError}
   * @throws {LockHeldError}
   */
  static async start(
    { onFailover, ...others }: ControllerHostOptions,
    settings: ControllerSettings,
  ): Promise<ControllerHost> {
    const failovers = new FailoverCounts()
    const options: ControllerHostOptions = {
      ...others,
      onFailover(failover) {
        failovers.add(failover)
        onFailover?.(failover)
      },
    }
    const started: ControllerHost[] = []
    const first = await startController(options, settings, (why, about) => {
      for (const host of started) host.#ended(why, about)
    })
    const host = new ControllerHost(options, settings, { first, failovers })
    started.push(host)
    return host
  }

  /** What the metadata log says, as far as is known here. */
  get image(): MetadataImage {
    return this.#image
  }

  /** Why nothing can be decided now, or undefined. */
  get problem(): string | undefined {
    if (this.#current !== undefined || this.#isClosed) return undefined
    return this.#problem ?? 'the controller is starting'
  }

  /** @throws {KafkaError} NOT_CONTROLLER, while there is none. */
  get controller(): Controller {
    if (this.#current !== undefined) return this.#current
    throw new KafkaError('NOT_CONTROLLER', this.problem ?? 'the controller is stopped')
  }

  configure(settings: ControllerSettings): void {
    this.#settings = settings
    this.#current?.configure(settings)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#timer?.cancel()
    await this.#renewed
    await this.#closeCurrent()
  }

  #follow(controller: Controller): void {
    const changed = (image: MetadataImage) => {
      const changes = imageChanges(this.#image, image)
      this.#image = image
      this.#options.onImage(changes)
    }
    changed(controller.image)
    controller.onImage(changed)
  }

  #ended(why: string, { missing }: Stopped): void {
    const gone = this.#current
    if (this.#isClosed || gone === undefined) return // it was told to
    this.#options.log.error('the controller stopped', { why })
    this.#problem = why
    this.#current = undefined
    this.#renewed = this.#renewed.then(async () => void (await gone.close()))
    if (missing === undefined) this.#renewLater(renewAfterMs)
    else this.#lookLater(missing)
    this.#options.onChange()
  }

  /** Ends the one that there is and starts another, one after another. */
  #renewLater(afterMs: number): void {
    this.#timer?.cancel()
    this.#timer = this.#options.clock.timer(afterMs, () => {
      this.#renewed = this.#renewed.then(() => this.#renew())
    })
  }

  /** Looks now and then whether the log has it. */
  #lookLater(missing: MetadataPosition): void {
    this.#timer?.cancel()
    this.#timer = this.#options.clock.timer(lookAfterMs, () => {
      this.#renewed = this.#renewed.then(async () => {
        if (this.#isClosed) return
        if (await this.#isThere(missing)) await this.#renew()
        else this.#lookLater(missing)
      })
    })
  }

  /** Nothing is written. */
  async #isThere(missing: MetadataPosition): Promise<boolean> {
    const store = this.#options.openStore()
    try {
      const { state } = await store.open()
      return compareHistory(state, missing) === 'held'
    } catch (error) {
      if (!(error instanceof Error)) this.#options.onFatal(error)
      return false
    } finally {
      store.close()
    }
  }

  async #renew(): Promise<void> {
    const { log, onChange, onFatal } = this.#options
    try {
      await this.#closeCurrent()
      if (this.#isClosed) return
      const onEnded = (why: string, about: Stopped) => this.#ended(why, about)
      const controller = await startController(this.#options, this.#settings, onEnded)
      this.#current = controller
      this.#problem = undefined
      this.#follow(controller)
    } catch (error) {
      if (!(error instanceof Error)) return onFatal(error)
      log.error('the controller does not start', { reason: error.message })
      this.#problem = error.message
      this.#renewLater(renewAfterMs)
    }
    onChange()
  }

  async #closeCurrent(): Promise<void> {
    const controller = this.#current
    this.#current = undefined
    await controller?.close()
  }
}

/** A disk that is full may have room again. */
const renewAfterMs = 2_000
/** Somebody is about to put a backup back, say: that takes minutes. */
const lookAfterMs = 10_000

async function startController(
  { openStore, log, onTooNew, ...options }: ControllerHostOptions,
  settings: ControllerSettings,
  onStopped: (why: string, about: Stopped) => void,
): Promise<Controller> {
  try {
    return await Controller.start({
      ...options,
      ...settings,
      store: openStore(),
      log: (message) => log.info(message),
      onStopped,
    })
  } catch (error) {
    if (error instanceof MetadataError && error.isOfNewer) onTooNew?.(error.message)
    throw error
  }
}
