import { OpenTransactions } from './open-transactions.ts'
import type {
  AppendedBatch,
  AppendedTransactionEnd,
  DuplicateBatch,
  SequencedBatch,
  TransactionEnd,
} from './producer-batch.ts'
import {
  type AppendOrigin,
  checkBatch,
  checkTransactionEnd,
  type Verification,
} from './producer-checks.ts'
import {
  entryOf,
  findDuplicate,
  lastTimestampOf,
  type ProducerEntry,
  type ProducerSummary,
  producerEpochOf,
  summaryOf,
  transactionFirstOffsetOf,
  withBatch,
  withTransactionEnd,
} from './producer-entry.ts'
import { decodeProducerSnapshot, encodeProducerSnapshot } from './producer-snapshot.ts'
import type { AbortedTransaction } from './transaction-index.ts'
import { UnreplicatedTransactions } from './unreplicated-transactions.ts'

/** A transaction that a marker has ended: an entry of the transaction index if it was aborted. */
export type CompletedTransaction = AbortedTransaction & { readonly isAborted: boolean }

/**
 * What a partition knows of its producers: sequence numbers, epochs and open transactions. It comes
 * from the batches of its log alone, in their order, or from a snapshot and those behind it; so each
 * replica knows the same. A leader checks before it appends; whatever is appended is told here.
 */
export class ProducerState {
  readonly #producers = new Map<number, ProducerEntry>()
  #open = new OpenTransactions()
  #unreplicated = new UnreplicatedTransactions()
  #mapEndOffset: number

  /** @param mapEndOffset Where the log begins from which it will be told. */
  constructor(mapEndOffset = 0) {
    this.#mapEndOffset = mapEndOffset
  }

  /**
   * @param snapshot The file's bytes.
   * @param mapEndOffset The offset that is the file's name: what lies behind is to be told.
   * @throws {CorruptFileError} The caller takes an older snapshot, or the whole log.
   */
  static fromSnapshot(
    snapshot: Uint8Array,
    { mapEndOffset, ...expiry }: { mapEndOffset: number } & Expiry,
  ): ProducerState {
    const state = new ProducerState(mapEndOffset)
    for (const summary of decodeProducerSnapshot(snapshot)) {
      const entry = entryOf(summary)
      if (!isExpired(entry, expiry)) state.#producers.set(summary.producerId, entry)
    }
    const open = new Map<number, number>()
    for (const [producerId, entry] of state.#producers) {
      const firstOffset = transactionFirstOffsetOf(entry)
      if (firstOffset !== -1) open.set(firstOffset, producerId)
    }
    const inOrder = [...open].sort(([a], [b]) => a - b)
    for (const [firstOffset, producerId] of inOrder) state.#open.begin(firstOffset, producerId)
    return state
  }

  /** A `.snapshot` file for the offset that is `mapEndOffset` now. */
  toSnapshot(): Uint8Array {
    return encodeProducerSnapshot([...this.producers()])
  }

  /** The end of what it has been told of the log. */
  get mapEndOffset(): number {
    return this.#mapEndOffset
  }

  get producerCount(): number {
    return this.#producers.size
  }

  *producers(): Generator<ProducerSummary> {
    for (const [producerId, entry] of this.#producers) yield summaryOf(producerId, entry)
  }

  /** Whether the producer has a transaction open in this epoch: if not, it is to be verified. */
  hasOpenTransaction({
    producerId,
    producerEpoch,
  }: Pick<SequencedBatch, 'producerId' | 'producerEpoch'>): boolean {
    const entry = this.#producers.get(producerId)
    if (entry === undefined || producerEpochOf(entry) !== producerEpoch) return false
    return transactionFirstOffsetOf(entry) !== -1
  }

  /**
   * Checks a batch of records before it is appended. Nothing is changed.
   *
   * @returns What to answer instead of appending it, if it has been appended before. Only the last
   *   five batches of a producer are known; an older one is out of order, as with Kafka.
   * @throws {KafkaError} As `checkBatch` does.
   */
  check(
    batch: SequencedBatch,
    { origin, verification }: { origin: AppendOrigin; verification?: Verification | undefined },
  ): DuplicateBatch | undefined {
    const entry = this.#producers.get(batch.producerId)
    if (origin === 'client' && entry !== undefined) {
      const duplicate = findDuplicate(entry, batch)
      if (duplicate !== undefined) return duplicate
    }
    checkBatch(entry, batch, { origin, verification })
    return undefined
  }

  /** Is told of a batch of records in the log. One without a producer id may be left to `advance`. */
  update(batch: AppendedBatch): void {
    const { producerId, baseOffset, lastOffsetDelta } = batch
    this.advance(baseOffset + lastOffsetDelta + 1)
    if (producerId < 0) return
    const known = this.#producers.get(producerId)
    const wasOpen = known !== undefined && transactionFirstOffsetOf(known) !== -1
    const entry = withBatch(known, batch)
    if (entry !== known) this.#producers.set(producerId, entry)
    if (batch.isTransactional && !wasOpen) this.#open.begin(baseOffset, producerId)
  }

  /**
   * Checks a marker that a transaction coordinator wants to have written. Nothing is changed.
   *
   * @throws {KafkaError} As `checkTransactionEnd` does.
   */
  checkEnd(end: TransactionEnd, options: { transactionVersion: number }): void {
    checkTransactionEnd(this.#producers.get(end.producerId), end, options)
  }

  /**
   * Is told of a marker in the log. A control batch from which compaction has taken the marker is
   * left to `advance`.
   *
   * @returns What it has ended. Nothing if the producer had no transaction open here.
   */
  end(end: AppendedTransactionEnd): CompletedTransaction | undefined {
    const { producerId, offset } = end
    this.advance(offset + 1)
    const known = this.#producers.get(producerId)
    this.#producers.set(producerId, withTransactionEnd(known, end))
    const firstOffset = known === undefined ? -1 : transactionFirstOffsetOf(known)
    if (firstOffset === -1) return undefined

    this.#open.end(firstOffset)
    this.#unreplicated.add({ firstOffset, lastOffset: offset })
    return {
      producerId,
      firstOffset,
      lastOffset: offset,
      lastStableOffset: this.#open.firstOffset ?? offset + 1,
      isAborted: end.type === 'abort',
    }
  }

  /** Is told that the log goes on to `endOffset` with nothing that concerns a producer. */
  advance(endOffset: number): void {
    if (endOffset > this.#mapEndOffset) this.#mapEndOffset = endOffset
  }

  /** Where the oldest transaction begins that has no marker. */
  get firstUndecidedOffset(): number | undefined {
    return this.#open.firstOffset
  }

  /** The same, but a marker counts only once it is below the high watermark. */
  get firstUnstableOffset(): number | undefined {
    const undecided = this.#open.firstOffset
    const unreplicated = this.#unreplicated.firstOffset
    if (undecided === undefined || unreplicated === undefined) return undecided ?? unreplicated
    return Math.min(undecided, unreplicated)
  }

  /** Up to where consumers of committed records may read. */
  lastStableOffset({
    highWatermark,
    logStartOffset,
  }: {
    highWatermark: number
    logStartOffset: number
  }): number {
    const { firstUnstableOffset } = this
    if (firstUnstableOffset === undefined) return highWatermark
    return Math.min(Math.max(firstUnstableOffset, logStartOffset), highWatermark)
  }

  onHighWatermarkUpdated(highWatermark: number): void {
    this.#unreplicated.removeBelow(highWatermark)
  }

  /** Producers whose records are gone stay known until they expire; open transactions stay open. */
  onLogStartOffsetIncremented(logStartOffset: number): void {
    this.#unreplicated.removeBelow(logStartOffset)
    this.advance(logStartOffset)
  }

  /** Whether the oldest transaction is open for so long that its coordinator must have lost it. */
  hasLateTransaction({
    nowMs,
    maxTransactionTimeoutMs,
  }: {
    nowMs: number
    maxTransactionTimeoutMs: number
  }): boolean {
    const entry = this.#producers.get(this.#open.firstProducerId ?? -1)
    const lastTimestamp = entry === undefined ? -1 : lastTimestampOf(entry)
    return lastTimestamp > 0 && nowMs - lastTimestamp > maxTransactionTimeoutMs + lateTransactionMs
  }

  /**
   * Forgets producers that have written nothing for so long, by the timestamps of what they wrote;
   * none that has a transaction open.
   */
  removeExpired(expiry: Expiry): void {
    for (const [producerId, entry] of this.#producers) {
      if (isExpired(entry, expiry)) this.#producers.delete(producerId)
    }
  }

  /** Forgets all: the log was cut off before what is known, or begins anew at `offset`. */
  truncateFullyAndStartAt(offset: number): void {
    this.#producers.clear()
    this.#open = new OpenTransactions()
    this.#unreplicated = new UnreplicatedTransactions()
    this.#mapEndOffset = offset
  }
}

/** `producer.id.expiration.ms` */
export type Expiry = { nowMs: number; producerIdExpirationMs: number }

function isExpired(entry: ProducerEntry, { nowMs, producerIdExpirationMs }: Expiry): boolean {
  const isOpen = transactionFirstOffsetOf(entry) !== -1
  return !isOpen && nowMs - lastTimestampOf(entry) >= producerIdExpirationMs
}

/** On top of the largest timeout, before Kafka counts a transaction as late. */
const lateTransactionMs = 5 * 60_000
