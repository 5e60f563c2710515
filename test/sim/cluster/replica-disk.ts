import { LeaderEpochs } from '../../../broker/log/leader-epochs.ts'
import type { SequencedBatch } from '../../../broker/log/producer-batch.ts'
import { ProducerState } from '../../../broker/log/producer-state.ts'
import type { ReplicaLog } from '../../../broker/replica/replica-log.ts'

/** As it comes from a client. */
export type Sent = {
  readonly value: string
  /** -1: the producer is not idempotent, and there are no sequence numbers. */
  readonly producerId: number
  readonly sequence: number
}

/** A batch of one record. Its offset is its place in the log. */
export type Stored = Sent & { readonly epoch: number }

export function sequenced({ producerId, sequence }: Sent): SequencedBatch {
  const rest = { producerEpoch: 0, lastOffsetDelta: 0, isTransactional: false }
  return { producerId, baseSequence: sequence, ...rest }
}

/** The log of one partition on one disk, which outlives the process. */
export class ReplicaDisk {
  /** Of the high watermark. It is flushed as it is written. */
  checkpoint = 0
  #records: Stored[] = []
  #flushedEnd = 0
  readonly #epochs = new LeaderEpochs()
  #producers = new ProducerState()

  get records(): readonly Stored[] {
    return this.#records
  }

  /** All before it survives the loss of power. */
  get flushedEnd(): number {
    return this.#flushedEnd
  }

  /** What the records say of those who sent them. */
  get producers(): ProducerState {
    return this.#producers
  }

  append(records: readonly Stored[]): void {
    for (const record of records) {
      const offset = this.#records.length
      this.#epochs.assign(record.epoch, offset)
      this.#records.push(record)
      this.#producers.update({ ...sequenced(record), baseOffset: offset, maxTimestamp: 0 })
    }
  }

  truncate(endOffset: number): void {
    const kept = this.#records.slice(0, endOffset)
    this.#flushedEnd = Math.min(this.#flushedEnd, endOffset)
    this.#records = []
    this.#epochs.clear()
    this.#producers = new ProducerState()
    this.append(kept)
  }

  flush(): void {
    this.#flushedEnd = this.#records.length
  }

  /** Its directory is deleted, or renamed: it is not served any more. */
  remove(): void {
    this.truncate(0)
    this.checkpoint = 0
  }

  /** @param keep How much of what was not flushed is there all the same, 0 to 1. */
  losePower(keep: number): void {
    const unflushed = this.#records.length - this.#flushedEnd
    if (unflushed > 0) this.truncate(this.#flushedEnd + Math.floor(unflushed * keep))
  }

  /** As its replica sees it. */
  log({ flushesAlways = false }: { flushesAlways?: boolean } = {}): ReplicaLog {
    const logEndOffset = this.#records.length
    return {
      logStartOffset: 0,
      logEndOffset,
      countedEndOffset: flushesAlways ? this.#flushedEnd : logEndOffset,
      epochs: logEndOffset === 0 ? undefined : this.#epochs,
    }
  }
}
