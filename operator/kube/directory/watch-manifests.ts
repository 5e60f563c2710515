import type { Clock, Timer } from '../../../lib/clock.ts'
import type { AnyResource } from '../../api/kinds.ts'
import { judge } from './judge.ts'
import type { Finding } from './manifest.ts'
import type { ManifestFiles } from './manifest-files.ts'
import { type DirectoryRead, readFiles } from './read-files.ts'
import type { Uids } from './uids.ts'
import { emptyWatchState, nextWatchState, type Step } from './watch-state.ts'

/** What happened to one resource. The uid is the same for as long as it is there, over restarts. */
export type ManifestEvent = Applied | Vanished
export type Applied = {
  readonly type: 'Applied'
  readonly key: string
  readonly uid: string
  readonly resource: AnyResource
}
export type Vanished = Omit<Applied, 'type'> & {
  readonly type: 'Vanished'
  /**
   * To be called once nothing is left of the resource. Its uid is forgotten then, unless it is there
   * again. Until then whatever has that uid can still be told to be its, also after a restart.
   */
  done(): void
}

export type ManifestChange = {
  /** What was there at the start. What is not in it was not deleted: it is only not there. */
  readonly first: boolean
  readonly events: readonly ManifestEvent[]
  /** All there are now. */
  readonly findings: readonly Finding[]
}

export type WatchOptions = {
  readonly directory: string
  readonly files: ManifestFiles
  readonly clock: Clock
  readonly uids: Uids
  /** Called for the first read, and whenever something changed. The next read waits for it. */
  changed(change: ManifestChange): void | Promise<void>
  /** Called once if our own code fails; nothing is watched any more then. */
  failed(error: unknown): void
}

/** An editor writes a file in several steps, and a copy brings several files. */
const debounceMs = 100
/** Somebody who never stops writing is not waited for. */
const longestDebounceMs = 1_000
/** File systems that never tell of changes are read this often; unchanged files cost one stat. */
const pollMs = 5_000
/** How long a resource has to be in no file until it is taken for deleted. */
const graceMs = 2_000

/**
 * Watches a directory of manifests until it is closed.
 *
 * What the file system tells is only a hint to read again. A resource that is there and cannot be
 * read, or is wrong, stays as it was last accepted; one that is gone has vanished by the rules of
 * `nextWatchState`.
 */
export function watchManifests(options: WatchOptions): { close(): Promise<void> } {
  const { directory, files, clock, uids } = options
  const alarm = new Alarm(clock)
  let hints: { close(): void } | undefined
  let read: DirectoryRead | undefined
  let state = emptyWatchState
  let told: string | undefined
  const running = run().catch((error: unknown) => {
    alarm.close()
    options.failed(error)
  })
  return {
    async close() {
      alarm.close()
      await running
    },
  }

  async function run(): Promise<void> {
    try {
      while (!alarm.closed) {
        await readAgain()
        const isMissing = [...state.held.values()].some((each) => each.missingSinceMs !== undefined)
        await alarm.next(isMissing ? graceMs : pollMs)
      }
    } finally {
      hints?.close()
    }
  }

  async function readAgain(): Promise<void> {
    const turn = () => clock.turn()
    if (hints === undefined) listen()
    read = await readFiles({ directory, files, turn, before: read })
    if (read.identity !== undefined && read.identity !== state.identity) listen()
    const parsed = [...read.files.values()].map((file) => file.parsed)
    const manifests = parsed.flatMap((file) => file.manifests)
    const judged = await judge(manifests, turn, state.held)
    if (alarm.closed) return

    const first = state.identity === undefined
    const now = { nowMs: clock.monotonicMs(), graceMs }
    const next = nextWatchState(state, read, judged.accepted, now)
    state = next.state
    const findings = [
      ...read.findings,
      ...parsed.flatMap((file) => file.findings),
      ...judged.findings,
      ...next.findings,
    ]
    const text = JSON.stringify(findings)
    if (next.steps.length === 0 && text === told) return
    told = text
    await options.changed({ first, events: eventsOf(next.steps), findings })
  }

  function eventsOf(steps: readonly Step[]): ManifestEvent[] {
    const ids = uids.of(steps.map(({ key }) => key))
    return steps.map(({ type, key, resource }): ManifestEvent => {
      const event = { key, uid: ids.get(key) as string, resource }
      return type === 'Applied' ? { type, ...event } : { type, ...event, done: () => forget(key) }
    })
  }

  function forget(key: string): void {
    if (!state.held.has(key)) uids.forget([key])
  }

  /** On the directory that is there now: a watch stays with the one that it was set on. */
  function listen(): void {
    hints?.close()
    hints = undefined
    try {
      hints = files.watch(directory, () => alarm.ring())
    } catch {
      // Not there yet, or no more watches to be had: it is read again now and then.
    }
  }
}

/** Wakes whoever waits after a time, or soon after the last of several rings. */
class Alarm {
  closed = false
  private readonly clock: Clock
  private timer: Timer | undefined
  private wake: (() => void) | undefined
  private firstRingMs: number | undefined

  constructor(clock: Clock) {
    this.clock = clock
  }

  /** Settles when it is time. A ring since it last did counts. */
  async next(afterMs: number): Promise<void> {
    if (this.closed) return
    await new Promise<void>((resolve) => {
      this.wake = resolve
      this.set(this.firstRingMs === undefined ? afterMs : debounceMs)
    })
    this.timer?.cancel()
    this.timer = undefined
    this.wake = undefined
    this.firstRingMs = undefined
  }

  ring(): void {
    const nowMs = this.clock.monotonicMs()
    this.firstRingMs ??= nowMs
    const latestMs = this.firstRingMs + longestDebounceMs
    if (this.wake !== undefined) this.set(Math.max(0, Math.min(debounceMs, latestMs - nowMs)))
  }

  close(): void {
    this.closed = true
    this.timer?.cancel()
    this.wake?.()
  }

  private set(afterMs: number): void {
    this.timer?.cancel()
    this.timer = this.clock.timer(afterMs, () => this.wake?.())
  }
}
