import { KafkaError } from '../../protocol/errors.ts'
import { buildBatch } from '../../protocol/records/build.ts'
import { viewOf } from '../../protocol/records/bytes.ts'
import {
  baseOffsetOf,
  baseSequenceOf,
  baseTimestampOf,
  batchEndOf,
  compressionOf,
  hasDeleteHorizon,
  isControl,
  isTransactional,
  lastOffsetDeltaOf,
  maxTimestampOf,
  nextOffsetOf,
  partitionLeaderEpochOf,
  producerEpochOf,
  producerIdOf,
  recordsCountOf,
  timestampTypeOf,
} from '../../protocol/records/header.ts'
import type { LogRecord } from '../../protocol/records/record.ts'
import { RecordCursor } from '../../protocol/records/record-cursor.ts'
import { validateBatch } from '../../protocol/records/validate.ts'
import { type BatchVerdict, isPast, type KeyOffsets, keepsRecord } from './keep.ts'

export type ThinningRules = {
  readonly latest: KeyOffsets
  /** Records at or behind it stay. */
  readonly endOffset: number
  readonly nowMs: number
  readonly deleteRetentionMs: number
  /** More than that in one batch is an error. */
  readonly maxDecompressedBytes: number
}

/** The delete horizon of a batch, if it has got one. */
export function deleteHorizonOf(bytes: Uint8Array, start: number): number | undefined {
  return hasDeleteHorizon(bytes, start) ? baseTimestampOf(bytes, start) : undefined
}

/**
 * What is left of the batch at `start`: itself as it is where nothing changes, or one with fewer
 * records, of which each keeps offset, timestamp and headers. A batch that has its first tombstone
 * or idle marker cleaned gets a delete horizon, with which nothing else changes.
 *
 * @returns Undefined if nothing is left.
 * @throws {KafkaError} For a batch that is damaged.
 */
export function thinBatch(
  bytes: Uint8Array,
  start: number,
  verdict: BatchVerdict,
  rules: ThinningRules,
): { readonly batch: Uint8Array | undefined; readonly recordsKept: number } {
  const same = () => viewOf(bytes, start, batchEndOf(bytes, start))
  const count = recordsCountOf(bytes, start)
  if (verdict.dropsRecords || count === 0) {
    if (!verdict.staysEmpty) return { batch: undefined, recordsKept: 0 }
    return { batch: count === 0 ? same() : rebuild(bytes, start, [], undefined), recordsKept: 0 }
  }
  const isData = !isControl(bytes, start)
  if (isData && baseOffsetOf(bytes, start) >= rules.endOffset) {
    return { batch: same(), recordsKept: count }
  }

  validateBatch(bytes, start) // a batch that is built anew would hide that it had rotted
  const horizon = deleteHorizonOf(bytes, start)
  const sieve = isData ? sieveOf(bytes, start, rules, horizon) : allOf(count)
  // All tombstones of a batch share one: those behind the end are not clean yet, and have to wait.
  const isClean = nextOffsetOf(bytes, start) <= rules.endOffset
  const startsHorizon =
    horizon === undefined && (verdict.startsHorizon || (sieve.hasTombstone && isClean))
  if (sieve.recordsKept === count && !startsHorizon) return { batch: same(), recordsKept: count }
  if (sieve.recordsKept === 0) {
    return {
      batch: verdict.staysEmpty ? rebuild(bytes, start, [], undefined) : undefined,
      ...sieve,
    }
  }
  const records = recordsOf(bytes, start, sieve.keeps, rules.maxDecompressedBytes)
  const deleteHorizonMs = startsHorizon ? rules.nowMs + rules.deleteRetentionMs : horizon
  return { batch: rebuild(bytes, start, records, deleteHorizonMs), ...sieve }
}

type Sieve = {
  /** By the place of a record in its batch: 1 if it stays. */
  readonly keeps: Uint8Array
  readonly recordsKept: number
  /** Among those that stay, in a batch that has no delete horizon. */
  readonly hasTombstone: boolean
}

function sieveOf(
  bytes: Uint8Array,
  start: number,
  { latest, endOffset, nowMs, maxDecompressedBytes }: ThinningRules,
  horizon: number | undefined,
): Sieve {
  const records = new RecordCursor(bytes, start, { remainingBytes: maxDecompressedBytes })
  const keeps = new Uint8Array(records.count)
  const rules = { endOffset, keepsTombstones: !isPast(horizon, nowMs) }
  let recordsKept = 0
  let hasTombstone = false
  for (let i = 0; records.next(); i++) {
    if (!keepsRecord(records, latest, rules)) continue
    keeps[i] = 1
    recordsKept += 1
    hasTombstone ||= horizon === undefined && records.value() === null
  }
  return { keeps, recordsKept, hasTombstone }
}

function allOf(count: number): Sieve {
  return { keeps: new Uint8Array(count).fill(1), recordsKept: count, hasTombstone: false }
}

/** Decompressed once more: most batches stay as they are, and records cost ten times a look. */
function recordsOf(
  bytes: Uint8Array,
  start: number,
  keeps: Uint8Array,
  maxDecompressedBytes: number,
): LogRecord[] {
  const kept: LogRecord[] = []
  const records = new RecordCursor(bytes, start, { remainingBytes: maxDecompressedBytes })
  for (let i = 0; records.next(); i++) {
    if (keeps[i] === 0) continue
    const { offset, timestamp } = records
    const [key, value, headers] = [records.key(), records.value(), records.headers()]
    kept.push({ offset, timestamp, key, value, headers })
  }
  return kept
}

function rebuild(
  bytes: Uint8Array,
  start: number,
  records: readonly LogRecord[],
  deleteHorizonMs: number | undefined,
): Uint8Array {
  checkTimestamps(records, deleteHorizonMs)
  const maxTimestamp = maxTimestampOf(bytes, start)
  return buildBatch({
    records,
    compression: compressionOf(bytes, start),
    baseOffset: baseOffsetOf(bytes, start),
    lastOffsetDelta: lastOffsetDeltaOf(bytes, start),
    partitionLeaderEpoch: partitionLeaderEpochOf(bytes, start),
    producerId: producerIdOf(bytes, start),
    producerEpoch: producerEpochOf(bytes, start),
    baseSequence: baseSequenceOf(bytes, start),
    isTransactional: isTransactional(bytes, start),
    isControl: isControl(bytes, start),
    maxTimestamp,
    ...(timestampTypeOf(bytes, start) === 'LogAppendTime' && { logAppendTimeMs: maxTimestamp }),
    ...(deleteHorizonMs !== undefined && { deleteHorizonMs }),
  })
}

/** Producers may say any time; differences of such as these have no room in a record. */
function checkTimestamps(records: readonly LogRecord[], deleteHorizonMs: number | undefined) {
  const base = deleteHorizonMs ?? records[0]?.timestamp ?? 0
  for (const { offset, timestamp } of records) {
    if (Number.isSafeInteger(timestamp - base)) continue
    throw new KafkaError('INVALID_RECORD', `the timestamp at ${offset} is too far from ${base}`)
  }
}
