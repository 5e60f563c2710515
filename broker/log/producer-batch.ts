/** What the producer state needs to know of a batch before it has its place in the log. */
export type SequencedBatch = {
  readonly producerId: number
  readonly producerEpoch: number
  readonly baseSequence: number
  readonly lastOffsetDelta: number
  readonly isTransactional: boolean
}

/** A batch of records, not of markers, that is in the log. */
export type AppendedBatch = SequencedBatch & {
  readonly baseOffset: number
  readonly maxTimestamp: number
}

/** A marker before it has its place in the log. */
export type TransactionEnd = {
  readonly producerId: number
  readonly producerEpoch: number
  readonly coordinatorEpoch: number
  readonly type: 'abort' | 'commit'
}

/** A marker in the log: the one record of a control batch. */
export type AppendedTransactionEnd = TransactionEnd & {
  readonly offset: number
  readonly timestamp: number
}

/** A batch that is in the log already: the producer gets the old answer once more. */
export type DuplicateBatch = {
  readonly baseOffset: number
  /** Inclusive. */
  readonly lastOffset: number
  /** The largest of its records. */
  readonly timestamp: number
}

/** The sequence number of a batch's last record: behind 2^31 - 1 comes 0. */
export function lastSequenceOf({ baseSequence, lastOffsetDelta }: SequencedBatch): number {
  return baseSequence < 0 ? baseSequence : (baseSequence + lastOffsetDelta) % (maxSequence + 1)
}

/** Whether a sequence number follows another one, or begins where there is none (-1). */
export function isNextSequence(sequence: number, lastSequence: number): boolean {
  return sequence === (lastSequence === maxSequence ? 0 : lastSequence + 1)
}

const maxSequence = 2 ** 31 - 1
