import {
  type AppendedBatch,
  type AppendedTransactionEnd,
  type DuplicateBatch,
  lastSequenceOf,
  type SequencedBatch,
} from './producer-batch.ts'

/**
 * What is known of one producer in one partition, as a plain array of numbers: a broker knows
 * 100,000 of them and more, and an array of doubles takes 8 bytes a number and no object for each
 * of the last five batches. With its place in the map a producer takes 165 bytes, with five batches
 * 293 (measured, Node 26).
 *
 * Four numbers of the producer (`at`) are followed by four of each batch (`of`), oldest first.
 */
export type ProducerEntry = number[]

/** What one says of a producer, and what a snapshot keeps of it. */
export type ProducerSummary = {
  readonly producerId: number
  readonly producerEpoch: number
  /** That and the next two are of the last batch in this epoch: -1, -1 and 0 if there is none. */
  readonly lastSequence: number
  readonly lastOffset: number
  readonly offsetDelta: number
  /** Of the last batch or marker, as its producer or coordinator set it. */
  readonly lastTimestamp: number
  /** -1 before the first marker. */
  readonly coordinatorEpoch: number
  /** -1 while no transaction is open. */
  readonly currentTransactionFirstOffset: number
}

export function producerEpochOf(entry: ProducerEntry): number {
  return entry[at.producerEpoch] as number
}

export function coordinatorEpochOf(entry: ProducerEntry): number {
  return entry[at.coordinatorEpoch] as number
}

export function lastTimestampOf(entry: ProducerEntry): number {
  return entry[at.lastTimestamp] as number
}

/** -1 while no transaction is open. */
export function transactionFirstOffsetOf(entry: ProducerEntry): number {
  return entry[at.transactionFirstOffset] as number
}

export function hasBatches(entry: ProducerEntry): boolean {
  return entry.length > batchesStart
}

/** -1 if no batch of this epoch is known. */
export function lastSequenceKnown(entry: ProducerEntry): number {
  return hasBatches(entry) ? (entry[entry.length - batchSize + of.lastSequence] as number) : -1
}

/** @returns The batch among the last five that has the same epoch and sequence numbers. */
export function findDuplicate(
  entry: ProducerEntry,
  batch: SequencedBatch,
): DuplicateBatch | undefined {
  if (producerEpochOf(entry) !== batch.producerEpoch) return undefined
  const lastSequence = lastSequenceOf(batch)
  for (let start = batchesStart; start < entry.length; start += batchSize) {
    const offsetDelta = entry[start + of.offsetDelta] as number
    if (entry[start + of.lastSequence] !== lastSequence) continue
    if (offsetDelta !== batch.lastOffsetDelta) continue
    const lastOffset = entry[start + of.lastOffset] as number
    const timestamp = entry[start + of.timestamp] as number
    return { baseOffset: lastOffset - offsetDelta, lastOffset, timestamp }
  }
  return undefined
}

/** @returns The entry with one more batch; the one given may have been changed, or not. */
export function withBatch(entry: ProducerEntry | undefined, batch: AppendedBatch): ProducerEntry {
  const { producerEpoch, baseOffset, lastOffsetDelta, maxTimestamp, isTransactional } = batch
  const lastSequence = lastSequenceOf(batch)
  const lastOffset = baseOffset + lastOffsetDelta
  const open = entry === undefined ? -1 : transactionFirstOffsetOf(entry)
  const firstOffset = open === -1 && isTransactional ? baseOffset : open
  if (entry === undefined || producerEpochOf(entry) !== producerEpoch) {
    const coordinatorEpoch = entry === undefined ? -1 : coordinatorEpochOf(entry)
    return [
      producerEpoch,
      coordinatorEpoch,
      maxTimestamp,
      firstOffset,
      lastSequence,
      lastOffset,
      lastOffsetDelta,
      maxTimestamp,
    ]
  }
  entry[at.lastTimestamp] = maxTimestamp
  entry[at.transactionFirstOffset] = firstOffset
  if (entry.length < maxLength) {
    return entry.concat(lastSequence, lastOffset, lastOffsetDelta, maxTimestamp) // to measure
  }
  const start = maxLength - batchSize
  // By hand: with Array's own copyWithin an update takes 1,000 ns, so 80.
  for (let i = batchesStart; i < start; i++) entry[i] = entry[i + batchSize] as number
  entry[start + of.lastSequence] = lastSequence
  entry[start + of.lastOffset] = lastOffset
  entry[start + of.offsetDelta] = lastOffsetDelta
  entry[start + of.timestamp] = maxTimestamp
  return entry
}

/** @returns The entry without a transaction. A marker of another epoch makes it forget its batches. */
export function withTransactionEnd(
  entry: ProducerEntry | undefined,
  { producerEpoch, coordinatorEpoch, timestamp }: AppendedTransactionEnd,
): ProducerEntry {
  const known = [producerEpoch, coordinatorEpoch, timestamp, -1]
  if (entry === undefined || producerEpochOf(entry) !== producerEpoch) return known
  return known.concat(entry.slice(batchesStart))
}

export function entryOf(summary: ProducerSummary): ProducerEntry {
  const { producerEpoch, coordinatorEpoch, lastTimestamp } = summary
  const { lastSequence, lastOffset, offsetDelta } = summary
  const firstOffset = Math.max(summary.currentTransactionFirstOffset, -1)
  if (lastOffset < 0) return [producerEpoch, coordinatorEpoch, lastTimestamp, firstOffset]
  return [
    producerEpoch,
    coordinatorEpoch,
    lastTimestamp,
    firstOffset,
    lastSequence,
    lastOffset,
    offsetDelta,
    lastTimestamp,
  ]
}

export function summaryOf(producerId: number, entry: ProducerEntry): ProducerSummary {
  const last = hasBatches(entry) ? entry.slice(-batchSize) : [-1, -1, 0]
  return {
    producerId,
    producerEpoch: producerEpochOf(entry),
    lastSequence: last[of.lastSequence] as number,
    lastOffset: last[of.lastOffset] as number,
    offsetDelta: last[of.offsetDelta] as number,
    lastTimestamp: lastTimestampOf(entry),
    coordinatorEpoch: coordinatorEpochOf(entry),
    currentTransactionFirstOffset: transactionFirstOffsetOf(entry),
  }
}

const at = {
  producerEpoch: 0,
  coordinatorEpoch: 1,
  lastTimestamp: 2,
  transactionFirstOffset: 3,
} as const
const of = { lastSequence: 0, lastOffset: 1, offsetDelta: 2, timestamp: 3 } as const
const batchesStart = 4
const batchSize = 4
/** Producers may have five requests under way, of which each may be sent again. */
const maxBatches = 5
const maxLength = batchesStart + maxBatches * batchSize
