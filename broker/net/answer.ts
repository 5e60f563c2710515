import { invariant } from '../../lib/invariant.ts'
import type { Part } from '../protocol/schema/fields.ts'
import type { CloseReason } from './metrics.ts'

/** How one request is answered: by one call, at any time. After the connection closed it is void. */
export type Answer = {
  /** Sends a whole frame. Parts that are views on received frames are held until it is written. */
  send(parts: readonly Part[]): void
  /** There is no answer: Produce with acks=0. */
  none(): void
  /** Closes the connection once what was asked before is answered. @param why For the log. */
  close(reason: CloseReason, why?: string): void
  /** Called if the connection closes before this was answered: nobody waits any more. */
  onClosed: (() => void) | undefined
}

export type Outcome =
  | { readonly kind: 'parts'; readonly parts: readonly Part[] }
  | { readonly kind: 'none' }
  | { readonly kind: 'close'; readonly reason: CloseReason; readonly why: string }

type SlotOwner = { settled(outcome: Outcome): void }

export type BeginOptions = {
  /**
   * A promise of the handler: once it has answered, views on the frame are kept only by those who
   * hold its memory (`FrameMemory`). Frames come into that memory again. Left out: views may be kept
   * by anybody, for ever.
   */
  readonly frameIsReusable?: boolean
}

/** The place of one request among those of its connection. */
export class Slot implements Answer {
  /** Of the request, whose memory is held until its answer is written. */
  readonly frame: Uint8Array
  private readonly frameIsReusable: boolean
  onClosed: (() => void) | undefined
  outcome: Outcome | undefined
  startedMs = 0
  private owner: SlotOwner | undefined // none once the connection is closed

  constructor(frame: Uint8Array, { frameIsReusable = false }: BeginOptions, owner: SlotOwner) {
    this.frame = frame
    this.frameIsReusable = frameIsReusable
    this.owner = owner
  }

  send(parts: readonly Part[]): void {
    this.settle({ kind: 'parts', parts })
  }

  none(): void {
    this.settle(none)
  }

  close(reason: CloseReason, why = 'a handler asked for it'): void {
    this.settle({ kind: 'close', reason, why })
  }

  /** Whether nobody looks at the frame any more. Who has not answered may still work on it. */
  get frameIsDone(): boolean {
    return this.frameIsReusable && this.outcome !== undefined
  }

  /** The connection is closed: whatever the answer will be, nobody gets it. */
  void(): void {
    this.owner = undefined
    if (this.outcome === undefined) this.onClosed?.()
    this.onClosed = undefined
  }

  private settle(outcome: Outcome): void {
    invariant(this.outcome === undefined, 'a request is answered once')
    this.outcome = outcome
    this.owner?.settled(outcome)
  }
}

const none: Outcome = { kind: 'none' }
