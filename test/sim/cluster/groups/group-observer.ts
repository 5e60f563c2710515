import { Violation } from '../../core/failure.ts'
import type { Stored } from '../replica-disk.ts'
import type { FetchOffsetAnswer } from './group-node.ts'
import { attemptsIn } from './stored-batch.ts'

export type GroupObserverOptions = {
  /** What somebody who led `__consumer_offsets` said is committed. */
  readonly committed: () => readonly Stored[]
  /** Of `__consumer_offsets`, in the store. */
  readonly leaderEpoch: () => number
  readonly nowMs: () => number
}

/** What was known when somebody asked for an offset. */
export type Asked = {
  readonly group: string
  readonly atMs: number
  readonly leaderEpoch: number
  /** Where in the log of `__consumer_offsets` the latest commit was that anybody had been told of. */
  readonly position: number
}

/** A commit, by its place in the log, and since when somebody has been told of it. */
type Known = { readonly position: number; readonly sinceMs: number }

/**
 * What groups were told of their offsets, seen from outside. Offsets are compared by where in the log
 * they were committed: a request that arrives late may commit what is long past, and that is as it is.
 */
export class GroupObserver {
  readonly #options: GroupObserverOptions
  /** By group, rising. */
  readonly #known = new Map<string, Known[]>()
  /** By attempt, where in the log its commit is. */
  readonly #positions = new Map<string, number>()
  #seen = 0
  /** Of the last election that may have lost something; what earlier leaders say does not count. */
  #lostInEpoch = -1

  constructor(options: GroupObserverOptions) {
    this.#options = options
  }

  asks(group: string): Asked {
    const { nowMs, leaderEpoch } = this.#options
    const known = this.#known.get(group)?.at(-1)
    const position = known?.position ?? -1
    return { group, atMs: nowMs(), leaderEpoch: leaderEpoch(), position }
  }

  /** @throws {Violation} It is not committed. */
  acknowledged(group: string, attempt: string, leaderEpoch: number): void {
    if (leaderEpoch < this.#lostInEpoch) return
    this.#learn(group, this.#positionOf(group, attempt))
  }

  /** @throws {Violation} It is not committed, or older than what somebody had been told before. */
  answered(asked: Asked, { offset, attempt, leaderEpoch }: FetchOffsetAnswer): void {
    const { group } = asked
    if (leaderEpoch < this.#lostInEpoch) return
    const position = offset === -1 ? -1 : this.#positionOf(group, attempt)
    const least = this.#leastOf(asked, leaderEpoch)
    if (position < least) {
      const told = `epoch ${leaderEpoch} tells ${group} offset ${offset}, position ${position}`
      throw new Violation('CommitWentBack', `${told}, after ${least}`)
    }
    this.#learn(group, position)
  }

  /** @param kept How much of what was committed is still there. */
  electedUncleanly(leaderEpoch: number, kept: number): void {
    this.#lostInEpoch = leaderEpoch
    this.#seen = Math.min(this.#seen, kept)
    for (const [attempt, position] of this.#positions) {
      if (position >= kept) this.#positions.delete(attempt)
    }
    for (const [group, known] of this.#known) {
      this.#known.set(
        group,
        known.filter(({ position }) => position < kept),
      )
    }
  }

  /**
   * Who was deposed may not have heard of it, and tells for a session at most what was true before; all
   * others tell what is true.
   */
  #leastOf({ group, atMs, position, ...asked }: Asked, leaderEpoch: number): number {
    const untilMs = leaderEpoch >= asked.leaderEpoch ? atMs : atMs - longestStaleMs
    // Of what was known then some may have been lost since.
    const known = this.#known.get(group)?.findLast(({ sinceMs }) => sinceMs <= untilMs)
    return Math.min(position, known?.position ?? -1)
  }

  #learn(group: string, position: number): void {
    const known = this.#known.get(group) ?? []
    this.#known.set(group, known)
    if (position <= (known.at(-1)?.position ?? -1)) return
    known.push({ position, sinceMs: this.#options.nowMs() })
  }

  #positionOf(group: string, attempt: string): number {
    const committed = this.#options.committed()
    for (; this.#seen < committed.length; this.#seen++) {
      for (const own of attemptsIn(committed[this.#seen] as Stored)) {
        this.#positions.set(own, this.#seen)
      }
    }
    const position = this.#positions.get(attempt)
    if (position !== undefined) return position
    throw new Violation('ToldUncommitted', `${group}: attempt ${attempt} is not committed`)
  }
}

/** A session without a controller and without another member of the ISR (safety rule 19). */
const longestStaleMs = 1_500
