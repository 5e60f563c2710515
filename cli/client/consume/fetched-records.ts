import { readEndTransactionMarker } from '../../../broker/protocol/records/control.ts'
import {
  isControl,
  isTransactional,
  nextOffsetOf,
  producerIdOf,
  timestampTypeOf,
} from '../../../broker/protocol/records/header.ts'
import type { TimestampType } from '../../../broker/protocol/records/layout.ts'
import { readRecords } from '../../../broker/protocol/records/read.ts'
import type { LogRecord } from '../../../broker/protocol/records/record.ts'
import { validateBatch } from '../../../broker/protocol/records/validate.ts'
import { batchStarts } from '../../../broker/protocol/records/walk.ts'

export type ConsumedRecord = LogRecord & { readonly timestampType: TimestampType }

type Aborted = { readonly producerId: number; readonly firstOffset: number }

/**
 * The records that an answer to Fetch has for one partition.
 *
 * @param options.from Those before it are left out: they came with the batch they are in.
 * @param options.aborted Of a consumer that reads only what is committed.
 * @returns Views on `bytes`; and the offset to go on from, behind what is left out as well.
 * @throws {KafkaError} They are damaged.
 */
export function fetchedRecords(
  bytes: Uint8Array,
  { from, aborted }: { from: number; aborted: readonly Aborted[] },
): { records: ConsumedRecord[]; nextOffset: number } {
  const transactions = new AbortedTransactions(aborted)
  const records: ConsumedRecord[] = []
  let nextOffset = from
  for (const start of batchStarts(bytes)) {
    validateBatch(bytes, start)
    nextOffset = Math.max(nextOffset, nextOffsetOf(bytes, start))
    if (transactions.hides(bytes, start) || isControl(bytes, start)) continue
    const timestampType = timestampTypeOf(bytes, start)
    const budget = { remainingBytes: maxDecompressedBytes }
    for (const record of readRecords(bytes, { start, budget })) {
      if (record.offset >= from) records.push({ ...record, timestampType })
    }
  }
  return { records, nextOffset }
}

/** Of a batch. A producer's own bounds are far below it. */
const maxDecompressedBytes = 2 ** 30

/** Goes over batches in order and knows which are of transactions that were aborted. */
class AbortedTransactions {
  private readonly toCome: Aborted[]
  private readonly producers = new Set<number>()

  constructor(aborted: readonly Aborted[]) {
    this.toCome = aborted.toSorted((a, b) => a.firstOffset - b.firstOffset)
  }

  hides(bytes: Uint8Array, start: number): boolean {
    for (let next = this.toCome[0]; next !== undefined; next = this.toCome[0]) {
      if (next.firstOffset >= nextOffsetOf(bytes, start)) break
      this.producers.add(next.producerId)
      this.toCome.shift()
    }
    const producerId = producerIdOf(bytes, start)
    if (readEndTransactionMarker(bytes, start)?.type === 'abort') this.producers.delete(producerId)
    return isTransactional(bytes, start) && this.producers.has(producerId)
  }
}
