import type { Timer } from '../../../lib/clock.ts'
import {
  adoptProcess,
  type BrokerProcess,
  type End,
  type ProcessOptions,
  startProcess,
} from './broker-process.ts'
import { afterEnd, longestDelayMs, noRestarts, type Restarts } from './restarts.ts'

export type SlotState =
  | 'Running'
  | 'Stopping'
  | 'Stopped'
  /** It ended, and is started again in a moment. */
  | 'Waiting'

export type SlotOptions = Omit<ProcessOptions, 'onEnd'> & { readonly onChange: () => void }

/**
 * One broker as a process: what it is to be started with, and what has become of it. A process that
 * ends without being told is started again, each time later.
 */
export class BrokerSlot {
  readonly #options: SlotOptions
  #process: BrokerProcess | undefined
  /** What the process that runs was started with. */
  #runsWith: string | undefined
  /** What it is to be started with; undefined: it is not to run. */
  #wanted: string | undefined
  #state: SlotState = 'Stopped'
  #restarts: Restarts = noRestarts
  #timer: Timer | undefined
  #startedMs: number | null = null
  #problem: string | undefined
  #portTaken = false
  #killedFor: string | undefined

  constructor(options: SlotOptions) {
    this.#options = options
  }

  get state(): SlotState {
    return this.#state
  }

  get pid(): number | null {
    return this.#process?.pid ?? null
  }

  /** Since 1970; null where it was found running, or does not run. */
  get startedMs(): number | null {
    return this.#startedMs
  }

  /** Why it ended last, until it is known to be well. */
  get problem(): string | undefined {
    return this.#problem
  }

  /** Whether it waits since a port of it is another program's. */
  get lacksPort(): boolean {
    return this.#state === 'Waiting' && this.#portTaken
  }

  /** What its process was started with; undefined where none runs, or it is not known. */
  get runsWith(): string | undefined {
    return this.#process === undefined ? undefined : this.#runsWith
  }

  /** Whether it runs with something else than it should. */
  get isOutdated(): boolean {
    const { state } = this
    return state === 'Running' && this.#wanted !== undefined && this.#wanted !== this.#runsWith
  }

  /** Takes over a process that has the broker's data. @returns Whether there is one. */
  adopt(): boolean {
    const { files, clock } = this.#options
    const pid = files.runningPid()
    if (pid === undefined) return false
    this.#runsWith = files.readOptions()
    this.#process = adoptProcess(pid, { files, clock, onEnd: (end) => this.#ended(end) })
    this.#change('Running')
    return true
  }

  /**
   * Says what it is to be started with, or that it is not to run. A process that runs with something
   * else is left alone: see `restart`.
   */
  want(options: string | undefined): void {
    const isNew = options !== this.#wanted
    this.#wanted = options
    if (options === undefined) return this.#stop()
    if (this.#state === 'Stopped' || (this.#state === 'Waiting' && isNew)) this.#start()
  }

  /** Stops it in order; it is started anew with what is wanted now. */
  restart(): void {
    if (this.#state === 'Running') this.#terminate()
  }

  /** Ends that process as it is, and says why. */
  kill(pid: number, why: string): void {
    if (this.#state !== 'Running' || this.pid !== pid) return
    this.#killedFor = why
    this.#process?.signal('SIGKILL')
  }

  /** Looks at once whether the process is there. */
  check(): void {
    this.#process?.check()
  }

  /** Lets go of it: it runs on, and is not started again. */
  detach(): void {
    this.#timer?.cancel()
    this.#process?.detach()
  }

  #start(): void {
    const { files, clock } = this.#options
    this.#timer?.cancel()
    const options = this.#wanted as string
    try {
      // One that an earlier `kavka up` started in its last moment has shown itself only now.
      if (this.adopt()) return
      files.writeOptions(options)
      this.#process = startProcess({ ...this.#options, onEnd: (end) => this.#ended(end) })
    } catch (error) {
      // A disk that is full, or too many processes: it is tried again.
      this.#problem = (error as Error).message
      this.#startLater(longestDelayMs)
      return
    }
    this.#runsWith = options
    this.#restarts = { ...this.#restarts, startedMs: clock.monotonicMs() }
    this.#startedMs = clock.nowMs()
    this.#change('Running')
  }

  #stop(): void {
    if (this.#state === 'Waiting') {
      this.#timer?.cancel()
      this.#change('Stopped')
    }
    if (this.#state === 'Running') this.#terminate()
  }

  #terminate(): void {
    const { clock } = this.#options
    const process = this.#process
    process?.signal('SIGTERM')
    this.#timer?.cancel()
    this.#timer = clock.timer(killAfterMs, () => process?.signal('SIGKILL'))
    this.#change('Stopping')
  }

  #ended({ exitCode, lastWords }: End): void {
    const { clock } = this.#options
    const wasTold = this.#state === 'Stopping'
    this.#timer?.cancel()
    this.#process = undefined
    this.#startedMs = null
    this.#portTaken = exitCode === portTaken
    this.#problem =
      exitCode === 0 ? undefined : (this.#killedFor ?? lastWords ?? 'its process ended')
    this.#killedFor = undefined
    if (this.#wanted === undefined) return this.#change('Stopped')
    if (wasTold) return this.#start()
    // Somebody stopped it in order, as by hand, and wants to see it back.
    if (exitCode === 0) return this.#startLater(stoppedMs)
    const { restarts, delayMs } = afterEnd(this.#restarts, clock.monotonicMs())
    this.#restarts = restarts
    // What will be the same in a moment need not be tried so soon.
    const isHopeless = exitCode !== null && staysAsItIs.has(exitCode)
    if (isHopeless) this.#startLater(longestDelayMs)
    else this.#startLater(this.#portTaken ? Math.max(delayMs, otherPortMs) : delayMs)
  }

  #startLater(delayMs: number): void {
    this.#timer = this.#options.clock.timer(delayMs, () => this.#start())
    this.#change('Waiting')
  }

  #change(state: SlotState): void {
    this.#state = state
    this.#options.onChange()
  }
}

/** A broker gives up by itself before that. */
const killAfterMs = 40_000

/** It has no reason to end so, and does not begin a loop without any rest. */
const stoppedMs = 100

/** Time for whoever starts it to find another port, see `lacksPort`. The old one may be free by then. */
const otherPortMs = 100

/** Exit codes of `broker/exit.ts`; the others are bad configuration, and data that is not its own. */
const portTaken = 69
const staysAsItIs: ReadonlySet<number> = new Set([64, 73])
