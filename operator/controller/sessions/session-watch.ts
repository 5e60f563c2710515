import type { Clock, Timer } from '../../../lib/clock.ts'
import { ownStallMs } from '../own-stall.ts'
import type { Gone, Sessions } from './sessions.ts'

export type SessionWatchOptions = {
  readonly sessions: Sessions
  readonly clock: Clock
  readonly log: (message: string) => void
  /** Processes that were alive until now. */
  readonly onGone: (gone: readonly Gone[]) => void
}

/** Tells the sessions of brokers the time, and who is gone by it. One timer serves all of them. */
export class SessionWatch {
  readonly #options: SessionWatchOptions
  #timer: (Timer & { readonly dueMs: number }) | undefined
  #isClosed = false

  constructor(options: SessionWatchOptions) {
    this.#options = options
  }

  /** A broker was there when this controller took over. */
  expect(brokerId: number, incarnationId: string): void {
    const { sessions, clock } = this.#options
    this.#lookAt(sessions.expect(brokerId, incarnationId, clock.monotonicMs()))
  }

  /** A broker said that it is there. */
  heard(brokerId: number, incarnationId: string): void {
    const { sessions, clock, log } = this.#options
    if (sessions.isTakenForGone(brokerId, incarnationId)) {
      log(`broker ${brokerId} is there: it was taken for gone too early`)
    }
    this.#lookAt(sessions.heard(brokerId, incarnationId, clock.monotonicMs()))
  }

  /** The connection on which that process was heard last is lost. */
  dropped(brokerId: number, incarnationId: string): void {
    const { sessions, clock } = this.#options
    sessions.dropped(brokerId, incarnationId, clock.monotonicMs())
    this.#lookAgain()
  }

  /** Nobody is gone from now on. */
  close(): void {
    this.#isClosed = true
    this.#timer?.cancel()
  }

  #lookAgain(): void {
    const { sessions, clock } = this.#options
    const { nextDeadlineMs } = sessions
    if (nextDeadlineMs === undefined) return
    const soonMs = sessions.hasGraces ? clock.monotonicMs() + graceLookMs : Number.POSITIVE_INFINITY
    this.#lookAt(Math.min(nextDeadlineMs, soonMs))
  }

  /** At the latest: a look that is too early sets the next. */
  #lookAt(dueMs: number): void {
    if (this.#isClosed || (this.#timer?.dueMs ?? Number.POSITIVE_INFINITY) <= dueMs) return
    const { clock } = this.#options
    this.#timer?.cancel()
    const timer = clock.timer(Math.max(0, dueMs - clock.monotonicMs()) + 1, () => {
      this.#timer = undefined
      this.#look(dueMs)
    })
    this.#timer = { ...timer, dueMs }
  }

  #look(dueMs: number): void {
    const { sessions, clock, onGone } = this.#options
    const nowMs = clock.monotonicMs()
    // Who could not be heard because this process stood still is not to blame.
    if (nowMs - dueMs > ownStallMs) sessions.stoodStill(nowMs)
    const gone = sessions.takeExpired(nowMs)
    if (gone.length > 0) onGone(gone)
    this.#lookAgain()
  }
}

/** A grace is short: that this process stood still in the midst of it would not show at its end. */
const graceLookMs = 25
