import type { ProducerSummary } from '../producer-entry.ts'

/** The last of a producer whose sequence numbers are still known. */
export type LastRecord = {
  /** Undefined if its last batch is a marker. */
  readonly lastDataOffset: number | undefined
  readonly producerEpoch: number
}

/** What counts of all producers that are known now. */
export function lastRecordsOf(producers: Iterable<ProducerSummary>): Map<number, LastRecord> {
  const last = new Map<number, LastRecord>()
  for (const { producerId, producerEpoch, lastSequence, lastOffset } of producers) {
    last.set(producerId, {
      lastDataOffset: lastSequence === -1 ? undefined : lastOffset,
      producerEpoch,
    })
  }
  return last
}

export type BatchFacts = {
  readonly producerId: number
  readonly producerEpoch: number
  readonly lastOffset: number
  readonly isControl: boolean
  readonly deleteHorizonMs: number | undefined
  /** It ends the new segment: without it there would be a hole up to the next one. */
  readonly isLastOfSegment: boolean
  /** Data of an aborted transaction, or a marker of one that has no data any more. */
  readonly mayGo: boolean
}

export type BatchVerdict = {
  /** No record stays. */
  readonly dropsRecords: boolean
  /** It stays even without records. */
  readonly staysEmpty: boolean
  /** From now on the time counts after which it may go, even if it has no tombstone. */
  readonly startsHorizon: boolean
}

/**
 * What becomes of a batch, before its records are looked at. A batch stays, if need be without
 * records, while it tells the last sequence number or epoch of a producer that is known, or where
 * its segment ends.
 */
export function judgeBatch(
  batch: BatchFacts,
  lastRecords: ReadonlyMap<number, LastRecord>,
  nowMs: number,
): BatchVerdict {
  const { isControl, mayGo, deleteHorizonMs } = batch
  return {
    // Markers wait as tombstones do: a reader may have seen data that is gone since.
    dropsRecords: isControl ? mayGo && isPast(deleteHorizonMs, nowMs) : mayGo,
    staysEmpty: batch.isLastOfSegment || tellsOfProducer(batch, lastRecords),
    startsHorizon: isControl && mayGo,
  }
}

/** Records and what is known of their keys. `RecordCursor` is one. */
export type RecordFacts = {
  readonly offset: number
  readonly hasKey: boolean
  key(): Uint8Array | null
  value(): Uint8Array | null
}

export type KeyOffsets = {
  /** -1 for a key that is not among those that were looked at. */
  get(key: Uint8Array): number
}

/**
 * Whether a record of a batch that was not dropped as a whole stays.
 *
 * @param endOffset What lies at or behind it was not looked at for `latest`, and stays.
 * @param keepsTombstones While the batch has no delete horizon, or it lies ahead (KIP-534).
 */
export function keepsRecord(
  record: RecordFacts,
  latest: KeyOffsets,
  { endOffset, keepsTombstones }: { endOffset: number; keepsTombstones: boolean },
): boolean {
  if (record.offset >= endOffset) return true
  if (!record.hasKey) return false // of no use in a compacted topic, as with Kafka
  if (record.offset < latest.get(record.key() as Uint8Array)) return false
  return keepsTombstones || record.value() !== null
}

export function isPast(deleteHorizonMs: number | undefined, nowMs: number): boolean {
  return deleteHorizonMs !== undefined && deleteHorizonMs <= nowMs
}

function tellsOfProducer(
  { producerId, producerEpoch, lastOffset, isControl }: BatchFacts,
  lastRecords: ReadonlyMap<number, LastRecord>,
): boolean {
  if (producerId < 0) return false
  const last = lastRecords.get(producerId)
  if (last === undefined) return false
  if (last.lastDataOffset !== undefined) return lastOffset === last.lastDataOffset
  return isControl && producerEpoch === last.producerEpoch
}
