import { ownStallMs } from './own-stall.ts'

/**
 * Which brokers have yet to say where they are in the metadata log, before a controller that took it
 * over decides anything: the log may have been restored, and would grow past what one of them knows
 * before it says so (safety rules, case 7). Who is silent for a session is not waited for. Pure: time
 * comes in.
 */
export class Confirmations {
  readonly #missing: Set<number>
  readonly #sessionTimeoutMs: number
  #deadlineMs: number

  /** @param about.nowMs When it took over. */
  constructor(
    brokerIds: Iterable<number>,
    about: { readonly nowMs: number; readonly sessionTimeoutMs: number },
  ) {
    this.#missing = new Set(brokerIds)
    this.#sessionTimeoutMs = about.sessionTimeoutMs
    this.#deadlineMs = about.nowMs + about.sessionTimeoutMs
  }

  /** Who is waited for, by rising id. */
  get missing(): readonly number[] {
    return [...this.#missing].sort((a, b) => a - b)
  }

  get isComplete(): boolean {
    return this.#missing.size === 0
  }

  /** By when those that are missing have to be heard. */
  get deadlineMs(): number {
    return this.#deadlineMs
  }

  /** A broker said where it is, and the log goes through that. */
  confirm(brokerId: number): void {
    this.#missing.delete(brokerId)
  }

  /** @returns Who is waited for no longer. */
  giveUp(nowMs: number): readonly number[] {
    if (nowMs < this.#deadlineMs) return []
    if (nowMs - this.#deadlineMs > ownStallMs) {
      // Who could not be heard because this process stood still is not silent.
      this.#deadlineMs = nowMs + this.#sessionTimeoutMs
      return []
    }
    const { missing } = this
    this.#missing.clear()
    return missing
  }
}
