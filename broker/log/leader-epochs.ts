import { invariant } from '../../lib/invariant.ts'

/** Where a leader epoch begins in a log. */
export type LeaderEpochStart = { readonly epoch: number; readonly startOffset: number }

/**
 * The leader epochs of one log and where each begins, by which replicas find out where they part
 * (KIP-101, KIP-279). Epochs and start offsets both rise. What changes it returns whether it did:
 * then the checkpoint is to be written again.
 */
export class LeaderEpochs {
  #starts: readonly LeaderEpochStart[] = []

  /** Entries that contradict later ones are dropped, as when Kafka loads its checkpoint. */
  constructor(starts: readonly LeaderEpochStart[] = []) {
    for (const { epoch, startOffset } of starts) this.assign(epoch, startOffset)
  }

  /** In ascending order. */
  get entries(): readonly LeaderEpochStart[] {
    return this.#starts
  }

  get earliest(): LeaderEpochStart | undefined {
    return this.#starts[0]
  }

  get latest(): LeaderEpochStart | undefined {
    return this.#starts.at(-1)
  }

  /**
   * A batch of this epoch is at this offset. Entries that do not lie before it in both are dropped:
   * their data was truncated, or never written.
   */
  assign(epoch: number, startOffset: number): boolean {
    invariant(epoch >= 0 && startOffset >= 0, 'leader epochs and offsets are not negative')
    const { latest } = this
    if (latest !== undefined && latest.epoch === epoch && startOffset >= latest.startOffset) {
      return false
    }
    const before = this.#starts.findLastIndex(
      (start) => start.epoch < epoch && start.startOffset < startOffset,
    )
    this.#starts = [...this.#starts.slice(0, before + 1), { epoch, startOffset }]
    return true
  }

  /** The epoch of the record at an offset, or undefined before the first one that is known. */
  epochForOffset(offset: number): number | undefined {
    return this.#starts.findLast(({ startOffset }) => startOffset <= offset)?.epoch
  }

  /** The largest epoch that is known and smaller. */
  previousEpoch(epoch: number): number | undefined {
    return this.#starts.findLast((start) => start.epoch < epoch)?.epoch
  }

  /** The smallest epoch that is known and larger. */
  nextEpoch(epoch: number): number | undefined {
    return this.#next(epoch)?.epoch
  }

  /**
   * What OffsetForLeaderEpoch answers: the largest epoch that is known and not larger than the one
   * asked for, and where it ends, which is where the next one begins.
   *
   * @param logEndOffset Where the latest epoch ends.
   * @returns -1 and -1 for an epoch of -1, or larger than any known. An epoch smaller than any known
   *   is answered itself with the first start offset: what was in it is gone from the log.
   */
  endOffsetFor({ epoch, logEndOffset }: { epoch: number; logEndOffset: number }): {
    epoch: number
    endOffset: number
  } {
    if (epoch === unknown.epoch) return unknown
    if (epoch === this.latest?.epoch) return { epoch, endOffset: logEndOffset }
    const next = this.#next(epoch)
    if (next === undefined) return unknown
    const known = this.previousEpoch(epoch + 1) ?? epoch
    return { epoch: known, endOffset: next.startOffset }
  }

  /** The log ends at `endOffset` now: epochs that begin there or later have no data left. */
  truncateFromEnd(endOffset: number): boolean {
    return this.#replace(this.#starts.filter(({ startOffset }) => startOffset < endOffset))
  }

  /** The log begins at `startOffset` now, and with it the epoch that the offset is in. */
  truncateFromStart(startOffset: number): boolean {
    const epoch = this.epochForOffset(startOffset)
    if (epoch === undefined || this.earliest?.startOffset === startOffset) return false
    const later = this.#starts.filter((start) => start.startOffset > startOffset)
    return this.#replace([{ epoch, startOffset }, ...later])
  }

  clear(): boolean {
    return this.#replace([])
  }

  #next(epoch: number): LeaderEpochStart | undefined {
    return this.#starts.find((start) => start.epoch > epoch)
  }

  #replace(starts: readonly LeaderEpochStart[]): boolean {
    const same =
      starts.length === this.#starts.length &&
      starts[0]?.startOffset === this.#starts[0]?.startOffset
    if (!same) this.#starts = starts
    return !same
  }
}

/** For no epoch, and for no offset. */
const unknown = { epoch: -1, endOffset: -1 } as const
