import type { FrameMemory } from '../protocol/frames/frame-memory.ts'
import type { DiskPace } from './disk-pace.ts'
import type { LogServices } from './log-options.ts'
import { mustRoll } from './roll.ts'
import type { Segment } from './segment.ts'
import { SegmentPlan } from './segment-plan.ts'
import type { SegmentStore } from './segment-store.ts'
import type { Snapshot } from './state-files.ts'

/** Who is told what became of batches. */
export type LogWriterOwner = {
  /** They are in the segment, in the order in which they were given. */
  wrote(batches: readonly Uint8Array[], segment: Segment): void
  /** Nothing more is written. @returns Whether it was the disk, and not our own mistake. */
  failed(error: unknown, what: string): boolean
}

/**
 * Brings the batches of one log into its segments, in order. While the disk keeps up they are written
 * at once. What would wait for it goes through the thread pool, and all that comes meanwhile behind
 * it: the beginning of a segment, and everything while the disk is slow.
 */
export class LogWriter {
  private readonly store: SegmentStore
  private readonly pace: DiskPace
  private readonly memory: FrameMemory | undefined
  private readonly onFatal: (error: unknown) => void
  private readonly owner: LogWriterOwner
  private plan: SegmentPlan | undefined
  private waiting: Work[] = []
  /** The write that waits last, to which more may be added. */
  private gathering: Gathered | undefined
  private isBusy = false
  private isEnded = false

  constructor(
    store: SegmentStore,
    { pace, memory, onFatal }: Pick<LogServices, 'pace' | 'memory' | 'onFatal'>,
    owner: LogWriterOwner,
  ) {
    this.store = store
    this.pace = pace
    this.memory = memory
    this.onFatal = onFatal ?? rethrow
    this.owner = owner
  }

  /** Whether nothing is under way. */
  get isIdle(): boolean {
    return !this.isBusy
  }

  /** Whether a segment that holds something ends with what was given last. */
  get isWithinSegment(): boolean {
    return (this.planned()?.sizeBytes ?? 0) > 0
  }

  /** How many of the batches from `first` on go into the segment that the last one went into. */
  fitting(batches: readonly Uint8Array[], first: number, nowMs: number): number {
    const plan = this.planned()
    if (plan === undefined) return 0
    const { config } = this.store
    let bytes = 0
    for (let index = first; index < batches.length; index++) {
      const batch = batches[index] as Uint8Array
      if (mustRoll(plan, batch, bytes, config, nowMs)) return index - first
      bytes += batch.byteLength
    }
    return batches.length - first
  }

  /**
   * What comes next goes into a new segment.
   *
   * @param snapshot Of the producers at its base offset.
   * @param durably With its file, so that all others may be removed.
   */
  begin(baseOffset: number, snapshot: Snapshot | undefined, { durably = false } = {}): void {
    const plan = new SegmentPlan(baseOffset)
    this.plan = plan
    this.enqueue(async () => {
      if (this.isEnded) return
      await this.orFail(async () => {
        const segment = await this.store.begin(baseOffset, snapshot, durably, () => !this.isEnded)
        plan.segment = segment
      })
    })
  }

  /** Writes batches that fit into the segment: see `fitting`. */
  append(batches: readonly Uint8Array[]): void {
    const plan = this.planned() as SegmentPlan
    const mustWait = this.isBusy || this.pace.isSlow || !this.store.isSettled
    if (mustWait || plan.segment === undefined) {
      plan.add(batches)
      this.gather(plan, batches)
    } else {
      this.writeNow(plan.segment, batches)
    }
  }

  /** Does something to the log once all that was given before is written, and before what comes. */
  exclusive<T>(act: () => T | Promise<T>): Promise<T> {
    return new Promise((resolve) => {
      this.enqueue(async () => {
        const outcome = (async () => act())()
        resolve(outcome)
        await outcome.catch(() => {}) // it is told to who asked, and what waits goes on
      })
    })
  }

  /** The last segment may be another now. */
  forget(): void {
    this.plan = undefined
  }

  /** Drops what waits. A write that is under way goes on, into the file that it has open. */
  end(): void {
    this.isEnded = true
  }

  private planned(): SegmentPlan | undefined {
    const { active } = this.store.list
    if (this.plan === undefined && active !== undefined) {
      this.plan = new SegmentPlan(active.baseOffset, active)
    }
    return this.plan
  }

  private writeNow(segment: Segment, batches: readonly Uint8Array[]): void {
    const beganMs = this.pace.nowMs()
    try {
      segment.append(batches)
    } catch (error) {
      this.fail(error)
      return
    }
    this.pace.wrote(beganMs)
    this.owner.wrote(batches, segment)
  }

  private gather(plan: SegmentPlan, batches: readonly Uint8Array[]): void {
    const { gathering } = this
    for (const { buffer } of batches) this.memory?.hold(buffer)
    if (gathering?.plan === plan && gathering.batches.length < mostGathered) {
      gathering.batches.push(...batches)
      return
    }
    const own = { plan, batches: [...batches] }
    this.enqueue(() => this.writeLater(own))
    if (this.waiting.length > 0) this.gathering = own
  }

  private async writeLater(own: Gathered): Promise<void> {
    const { plan, batches } = own
    if (this.gathering === own) this.gathering = undefined
    await this.orFail(async () => {
      if (!this.store.isSettled) await this.store.settle()
      if (this.isEnded) return
      const segment = plan.segment as Segment
      const beganMs = this.pace.nowMs()
      await segment.appendLater(batches)
      this.pace.wrote(beganMs)
      plan.take(batches)
      if (!this.isEnded) this.owner.wrote(batches, segment)
    })
    for (const { buffer } of batches) this.memory?.release(buffer)
  }

  private enqueue(work: Work): void {
    this.gathering = undefined // what comes now goes behind this work
    this.waiting.push(work)
    if (!this.isBusy) this.work().catch(this.onFatal)
  }

  /** Rejects with our own mistakes alone. */
  private async work(): Promise<void> {
    this.isBusy = true
    try {
      for (let next = this.waiting.shift(); next !== undefined; next = this.waiting.shift()) {
        await next()
      }
    } finally {
      this.isBusy = false
    }
  }

  private async orFail(act: () => Promise<void>): Promise<void> {
    try {
      await act()
    } catch (error) {
      this.fail(error)
    }
  }

  private fail(error: unknown): void {
    this.isEnded = true
    if (!this.owner.failed(error, 'append')) throw error
  }
}

type Work = () => Promise<void>
type Gathered = { readonly plan: SegmentPlan; readonly batches: Uint8Array[] }

/** So that who waits for the first of them does not wait for all that came since. */
const mostGathered = 256

function rethrow(error: unknown): never {
  throw error
}
