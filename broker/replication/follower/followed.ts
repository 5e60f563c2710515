import { StorageError } from '../../../lib/storage-error.ts'
import type { Partition } from '../../partition/partition.ts'
import { KafkaError } from '../../protocol/errors.ts'
import type { FetchAnswer, FollowerDecision } from '../../replica/follower-answer.ts'
import type { PartitionFetch } from '../../replica/replica-fetch.ts'

/** What a leader answered of one partition. */
export type PartitionAnswer = {
  readonly answer: FetchAnswer
  /** Whole batches, and perhaps the beginning of another. */
  readonly records: Uint8Array
  /** Where the leader's log begins; -1 if it does not say. */
  readonly logStartOffset: number
}

export type FollowedOptions = {
  readonly nowMs: () => number
  /** What came does not fit, or the log cannot be used: people are to be told. */
  readonly report: (partition: Partition, message: string) => void
  /** Renames what its log has, and has the partition made anew. */
  readonly setAside: (partition: Partition) => void
}

/**
 * One partition that this broker follows in one leader epoch: does what is decided of each answer.
 * While something takes its time it has no turn.
 */
export class Followed {
  readonly partition: Partition
  readonly leaderEpoch: number
  /** What the leader's session has of it: it waits at that place for more. */
  inSession: PartitionFetch | undefined
  /** The number of the request in which it was named last. */
  namedIn = 0
  /** Its answer is awaited. */
  asked: PartitionFetch | undefined
  readonly #options: FollowedOptions
  #isBusy = false

  constructor(partition: Partition, options: FollowedOptions) {
    this.partition = partition
    this.leaderEpoch = partition.role.leaderEpoch
    this.#options = options
  }

  /** Whether this is still what the broker is to the partition. */
  get isCurrent(): boolean {
    const { role } = this.partition
    return role.leader !== undefined && role.leaderEpoch === this.leaderEpoch
  }

  /**
   * What to ask next; undefined: nothing now.
   *
   * @param onReady Called when there may be more to ask later on.
   */
  turn(onReady: () => void): PartitionFetch | undefined {
    if (this.#isBusy || !this.isCurrent) return undefined
    const { log } = this.partition
    // It may have led until just now. What waits to be written is known already, and is part of its log.
    if (log.logEndOffset < log.nextOffset) {
      void this.#whileBusy(() => log.written(), onReady)
      return undefined
    }
    const turn = this.partition.role.nextTurn()
    if (turn?.type === 'fetch') {
      this.asked = turn.fetch
      return turn.fetch
    }
    if (turn?.type === 'flush') void this.#whileBusy(() => log.flush(), onReady)
    return undefined
  }

  /**
   * @param onReady Called when there may be more to ask.
   * @returns `later` if it is better to wait a while before that.
   */
  answered(
    { answer, records, logStartOffset }: PartitionAnswer,
    onReady: () => void,
  ): 'now' | 'later' | 'busy' {
    const { asked, partition } = this
    this.asked = undefined
    if (asked === undefined || !this.isCurrent) return 'busy'
    const decision = partition.role.fetchAnswered(asked, answer)
    switch (decision.type) {
      case 'append':
        return this.#append(records, logStartOffset, onReady)
      case 'nothing':
        if (answer.error === undefined) this.#moveStart(logStartOffset)
        return 'now'
      case 'retry':
        return 'later'
      default:
        this.#act(decision, onReady)
        return 'busy'
    }
  }

  #append(
    records: Uint8Array,
    logStartOffset: number,
    onReady: () => void,
  ): 'now' | 'later' | 'busy' {
    const { partition } = this
    try {
      const isWritten = partition.appendFetched(records, this.#options.nowMs())
      this.#moveStart(logStartOffset)
      if (isWritten) return 'now'
      void this.#whileBusy(() => partition.log.written(), onReady)
      return 'busy'
    } catch (error) {
      if (error instanceof KafkaError) {
        this.#options.report(partition, error.message)
        return 'later'
      }
      if (error instanceof StorageError) return 'busy' // it was told already, and nothing helps
      throw error
    }
  }

  #act(decision: FollowerDecision, onReady: () => void): void {
    const { partition } = this
    const { log } = partition
    // By the time it comes to that this broker may lead, or another one, to which the log is right as it is.
    const isWanted = () => this.isCurrent
    switch (decision.type) {
      case 'truncate':
        return void this.#whileBusy(() => log.truncateTo(decision.endOffset, isWanted), onReady)
      case 'begin-anew': {
        const start = decision.startOffset
        return void this.#whileBusy(() => log.truncateFullyAndStartAt(start, isWanted), onReady)
      }
      case 'set-aside':
        this.#options.report(partition, decision.message)
        return this.#options.setAside(partition)
      case 'halt':
        return this.#options.report(partition, decision.message)
      default: // await-metadata
    }
  }

  #moveStart(leaderStartOffset: number): void {
    const { log, highWatermark } = this.partition
    const offset = Math.min(leaderStartOffset, highWatermark, log.logEndOffset)
    if (offset <= log.logStartOffset) return
    log.moveStartTo(offset).catch((error: unknown) => {
      if (!(error instanceof StorageError)) throw error
    })
  }

  /** Meanwhile there is no turn. Where the log went offline that was told, and nothing comes of it. */
  async #whileBusy(act: () => Promise<unknown>, onReady: () => void): Promise<void> {
    this.#isBusy = true
    try {
      await act()
    } catch (error) {
      if (error instanceof StorageError) return
      throw error
    }
    this.#isBusy = false
    this.partition.advance()
    onReady()
  }
}
