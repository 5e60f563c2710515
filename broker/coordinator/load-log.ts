import type { Clock } from '../../lib/clock.ts'
import { copyBatches } from '../log/copy-batches.ts'
import type { PartitionLog } from '../log/partition-log.ts'
import { ProtocolError } from '../protocol/protocol-error.ts'
import { readEndTransactionMarker } from '../protocol/records/control.ts'
import {
  isControl,
  isTransactional,
  nextOffsetOf,
  producerIdOf,
} from '../protocol/records/header.ts'
import { RecordCursor } from '../protocol/records/record-cursor.ts'
import { batchStarts } from '../protocol/records/walk.ts'
import { decodeCoordinatorRecord } from './record-codec.ts'
import type { CoordinatorRecord } from './records.ts'

export type LoadOptions = {
  readonly clock: Pick<Clock, 'turn'>
  readonly replay: (record: CoordinatorRecord) => void
  /** A record that is skipped, since nobody here knows what keys of its version are of. */
  readonly unknown: (keyVersion: number, offset: number) => void
  /** Whether nobody needs it any more. */
  readonly isCancelled: () => boolean
}

/**
 * Replays all records of a log, in small pieces with turns for others between them. What a Kafka
 * wrote into it is understood, too: compressed batches, and offsets that were committed in
 * transactions, of which those that ended well count from their marker on.
 *
 * @returns Where the log ended; undefined once nobody needs it any more.
 * @throws {LoadError} A record is damaged. @throws {StorageError} And as `PartitionLog.read` does.
 */
export async function loadLog(
  log: PartitionLog,
  options: LoadOptions,
): Promise<number | undefined> {
  const transactions = new Map<number, CoordinatorRecord[]>() // by producer id
  if (log.nextOffset > log.logEndOffset && log.offline === undefined) await log.written()
  let offset = log.logStartOffset
  while (offset < log.logEndOffset) {
    const { logEndOffset } = log
    const bytes = await copyBatches(log, offset, chunkBytes)
    if (options.isCancelled()) return undefined
    if (bytes.byteLength === 0) offset = logEndOffset // all behind it was compacted away
    for (const start of batchStarts(bytes)) {
      if (!(await loadBatch(bytes, start, transactions, options))) return undefined
      offset = nextOffsetOf(bytes, start)
    }
    await options.clock.turn()
  }
  return offset
}

/** What is in the log cannot be understood: going on without it might lose what was committed. */
export class LoadError extends Error {
  override readonly name = 'LoadError'
}

/** @returns False once nobody needs it any more. */
async function loadBatch(
  bytes: Uint8Array,
  start: number,
  transactions: Map<number, CoordinatorRecord[]>,
  { clock, replay, unknown, isCancelled }: LoadOptions,
): Promise<boolean> {
  const producerId = producerIdOf(bytes, start)
  if (isControl(bytes, start)) {
    const isCommitted = readEndTransactionMarker(bytes, start)?.type === 'commit'
    if (isCommitted) for (const record of transactions.get(producerId) ?? []) replay(record)
    transactions.delete(producerId)
    return true
  }
  const pending = isTransactional(bytes, start) ? pendingOf(transactions, producerId) : undefined
  const records = cursorAt(bytes, start)
  for (let count = 1; records.next(); count++) {
    const record = recordAt(records)
    if (typeof record === 'number') unknown(record, records.offset)
    else if (pending !== undefined) pending.push(record)
    else replay(record)
    if (count % recordsATurn !== 0) continue
    await clock.turn()
    if (isCancelled()) return false
  }
  return true
}

function pendingOf(
  transactions: Map<number, CoordinatorRecord[]>,
  producerId: number,
): CoordinatorRecord[] {
  const pending = transactions.get(producerId) ?? []
  transactions.set(producerId, pending)
  return pending
}

function cursorAt(bytes: Uint8Array, start: number): RecordCursor {
  return new RecordCursor(bytes, start, { remainingBytes: mostDecompressedBytes })
}

function recordAt(records: RecordCursor): CoordinatorRecord | number {
  try {
    const key = records.key()
    return key === null ? noKey : decodeCoordinatorRecord({ key, value: records.value() })
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    const where = `the record at offset ${records.offset}`
    throw new LoadError(`${where} cannot be read: ${error.message}`, { cause: error })
  }
}

/** Small enough for one turn of the event loop: some 800 records, of 4 us each. */
const chunkBytes = 64 * 1024
/** Of a batch that is larger, or compressed. */
const recordsATurn = 500
/** Of one batch. */
const mostDecompressedBytes = 64 * 2 ** 20
/** Stands for a record without a key, which is in no compacted log. */
const noKey = -1
