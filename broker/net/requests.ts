import { invariant } from '../../lib/invariant.ts'
import { ProtocolError } from '../protocol/protocol-error.ts'
import type { Part } from '../protocol/schema/fields.ts'
import { type Answer, type BeginOptions, type Outcome, Slot } from './answer.ts'
import type { CloseReason } from './metrics.ts'

/** What the requests of a connection need of it. */
export type RequestsOwner = {
  /** Whether the next request may be handled. */
  readonly takesAnswers: boolean
  handle(frame: Uint8Array): void
  /** Something is ready to leave: calls `leaveReady` soon. */
  ready(): void
  /** The time at which a request is handed over, for `answered`. */
  startedMs(): number
  /** Its answer leaves. */
  answered(frame: Uint8Array, startedMs: number): void
  write(parts: readonly Part[], written: () => void): void
  /** Parts of answers stay as they are from when they are known until they are written. */
  hold(parts: readonly Part[]): void
  release(parts: readonly Part[]): void
  /** Everything before is given to `write`: the connection closes, nothing follows. */
  close(reason: CloseReason, why: string): void
  /** It counts no longer. @param done Whether nobody looks at it any more. */
  gone(frame: Uint8Array, done: boolean): void
}

/**
 * The requests of one connection, in order. Each was read, is handed over if there is a place for
 * it, is answered whenever its handler likes, and leaves behind all that were read before it.
 */
export class Requests {
  private readonly most: number
  private readonly owner: RequestsOwner
  /** Read and not handed over, from `handed` on. */
  private backlog: Uint8Array[] = []
  private handed = 0
  private current: Uint8Array | undefined // the frame that is being handed over
  /** Handed over, and not answered or behind one that is not. */
  private slots: Slot[] = []
  private readonly leaving = new Set<Slot>() // answered, not yet written
  private bytes = 0
  private stopped = false // nothing is handed over any more

  constructor({ maxInFlightRequests }: { maxInFlightRequests: number }, owner: RequestsOwner) {
    this.most = maxInFlightRequests
    this.owner = owner
  }

  /** How many were read, and are not answered and written. */
  get count(): number {
    return this.slots.length + this.leaving.size + this.waiting
  }

  /** Their bytes. */
  get inFlightBytes(): number {
    return this.bytes
  }

  /** Answers that are on their way out. */
  get leavingCount(): number {
    return this.leaving.size
  }

  /** Whether one more that is read would be handed over at once. */
  get hasPlace(): boolean {
    return this.waiting === 0 && this.count < this.most
  }

  add(frame: Uint8Array): void {
    this.bytes += frame.byteLength
    this.backlog.push(frame)
  }

  /** Hands over what was read, as far as there are places, and writes what is ready. */
  handOver(): void {
    while (this.waiting > 0 && this.mayHandOver()) {
      this.handOne(this.backlog[this.handed++] as Uint8Array)
      this.leaveReady()
    }
    if (this.waiting > 0) return
    this.backlog = []
    this.handed = 0
  }

  begin(options: BeginOptions): Answer {
    const frame = this.current
    invariant(frame !== undefined, 'an answer is begun once, while its request is handed over')
    this.current = undefined
    const slot = new Slot(frame, options, this)
    slot.startedMs = this.owner.startedMs()
    this.slots.push(slot)
    return slot
  }

  /** The answer of one of them is known. */
  settled(outcome: Outcome): void {
    // A handler that closes the connection, of an impostor say, sees nothing more of it.
    if (outcome.kind === 'close') this.stop()
    if (outcome.kind === 'parts') this.owner.hold(outcome.parts)
    this.owner.ready()
  }

  stop(): void {
    this.stopped = true
  }

  /** Writes the answers that are ready, up to the first that is not. */
  leaveReady(): void {
    const ready = this.slots.findIndex(({ outcome }) => outcome === undefined)
    const slots = this.slots.splice(0, ready === -1 ? this.slots.length : ready)
    for (let i = 0; i < slots.length; i++) {
      const slot = slots[i] as Slot
      if (slot.outcome?.kind === 'close') {
        this.owner.close(slot.outcome.reason, slot.outcome.why)
        this.forget(slots.slice(i).concat(this.slots))
        return
      }
      this.leave(slot)
    }
  }

  /** Forgets all of them; those that are not answered are told. */
  clear(): void {
    const slots = [...this.leaving, ...this.slots]
    this.stop()
    this.leaving.clear()
    this.forget(slots)
  }

  private get waiting(): number {
    return this.backlog.length - this.handed
  }

  private mayHandOver(): boolean {
    if (this.stopped || !this.owner.takesAnswers) return false
    return this.slots.length + this.leaving.size < this.most
  }

  private handOne(frame: Uint8Array): void {
    this.current = frame
    try {
      this.owner.handle(frame)
      invariant(this.current === undefined, 'each request begins its answer')
    } catch (error) {
      if (!(error instanceof ProtocolError) || this.current === undefined) throw error
      // What was asked before is answered still.
      this.begin({ frameIsReusable: true }).close(error.reason, error.message)
    } finally {
      if (this.current !== undefined) this.give(frame, false)
      this.current = undefined
    }
  }

  private leave(slot: Slot): void {
    const outcome = slot.outcome
    this.owner.answered(slot.frame, slot.startedMs)
    if (outcome?.kind === 'parts') {
      this.leaving.add(slot)
      this.owner.write(outcome.parts, () => {
        this.leaving.delete(slot)
        this.giveBack(slot)
      })
    } else this.giveBack(slot)
  }

  private forget(slots: readonly Slot[]): void {
    const frames = this.backlog.slice(this.handed)
    this.slots = []
    this.backlog = []
    this.handed = 0
    for (const frame of frames) this.give(frame, true)
    for (const slot of slots) this.giveBack(slot)
    for (const slot of slots) slot.void()
  }

  private giveBack({ frame, frameIsDone, outcome }: Slot): void {
    if (outcome?.kind === 'parts') this.owner.release(outcome.parts)
    this.give(frame, frameIsDone)
  }

  private give(frame: Uint8Array, done: boolean): void {
    this.bytes -= frame.byteLength
    this.owner.gone(frame, done)
  }
}
