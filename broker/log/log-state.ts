import { readEndTransactionMarker } from '../protocol/records/control.ts'
import {
  baseOffsetOf,
  baseSequenceOf,
  isControl,
  isTransactional,
  lastOffsetDeltaOf,
  maxTimestampOf,
  nextOffsetOf,
  partitionLeaderEpochOf,
  producerEpochOf,
  producerIdOf,
} from '../protocol/records/header.ts'
import { LeaderEpochs } from './leader-epochs.ts'
import type { AppendedBatch } from './producer-batch.ts'
import { type CompletedTransaction, ProducerState } from './producer-state.ts'

/**
 * What follows from the batches of a log alone: its leader epochs, and the sequence numbers and
 * transactions of its producers. Every replica that has the same batches knows the same.
 */
export class LogState {
  readonly epochs: LeaderEpochs
  producers: ProducerState

  constructor(epochs = new LeaderEpochs(), producers = new ProducerState()) {
    this.epochs = epochs
    this.producers = producers
  }

  /**
   * Is told of the next batch in the log.
   *
   * @param bytes The batch at `start`: whole if it is a control batch, else at least its header.
   * @returns The transaction that it ends, and whether a new leader epoch begins with it.
   */
  replay(
    bytes: Uint8Array,
    start = 0,
  ): { ended?: CompletedTransaction | undefined; newEpoch: boolean } {
    const baseOffset = baseOffsetOf(bytes, start)
    const epoch = partitionLeaderEpochOf(bytes, start)
    const newEpoch = epoch >= 0 && this.epochs.assign(epoch, baseOffset)
    if (isControl(bytes, start)) return { ended: this.replayMarker(bytes, start), newEpoch }
    if (producerIdOf(bytes, start) < 0) this.producers.advance(nextOffsetOf(bytes, start))
    else this.producers.update(appendedBatchOf(bytes, start))
    return { newEpoch }
  }

  private replayMarker(bytes: Uint8Array, start: number): CompletedTransaction | undefined {
    const marker = readEndTransactionMarker(bytes, start)
    if (marker !== undefined) {
      return this.producers.end({
        ...marker,
        producerId: producerIdOf(bytes, start),
        producerEpoch: producerEpochOf(bytes, start),
        offset: baseOffsetOf(bytes, start),
        timestamp: maxTimestampOf(bytes, start),
      })
    }
    this.producers.advance(nextOffsetOf(bytes, start))
    return undefined
  }
}

/** What the producer state wants to know of a batch of records. */
export function appendedBatchOf(bytes: Uint8Array, start: number): AppendedBatch {
  return {
    baseOffset: baseOffsetOf(bytes, start),
    lastOffsetDelta: lastOffsetDeltaOf(bytes, start),
    maxTimestamp: maxTimestampOf(bytes, start),
    producerId: producerIdOf(bytes, start),
    producerEpoch: producerEpochOf(bytes, start),
    baseSequence: baseSequenceOf(bytes, start),
    isTransactional: isTransactional(bytes, start),
  }
}
