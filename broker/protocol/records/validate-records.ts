import { KafkaError } from '../errors.ts'
import type { DecompressionBudget } from './decompression-budget.ts'
import { RecordCursor } from './record-cursor.ts'

/**
 * Checks the records of a batch that has passed `validateProducedBatch`, as Kafka's LogValidator
 * does. Decompresses, so it costs far more than the header's checks.
 *
 * @param requireKeys For compacted topics.
 * @returns The smallest and largest timestamp of the records: a producer may have said another
 *   maximum in the header, and time indexes and retention go by that.
 * @throws {KafkaError} INVALID_RECORD if offset deltas are not 0 to n-1 or a key is missing, and
 *   as `RecordCursor` does.
 */
export function validateProducedRecords(
  bytes: Uint8Array,
  { budget, requireKeys = false }: { budget: DecompressionBudget; requireKeys?: boolean },
): { minTimestamp: number; maxTimestamp: number } {
  const cursor = new RecordCursor(bytes, 0, budget)
  let minTimestamp = Number.MAX_SAFE_INTEGER
  let maxTimestamp = Number.MIN_SAFE_INTEGER
  for (let i = 0; cursor.next(); i++) {
    if (cursor.offset !== i) throw new KafkaError('INVALID_RECORD', `offset ${i} is missing`)
    if (requireKeys && !cursor.hasKey) {
      throw new KafkaError('INVALID_RECORD', 'a compacted topic takes no record without a key')
    }
    if (cursor.timestamp < minTimestamp) minTimestamp = cursor.timestamp
    if (cursor.timestamp > maxTimestamp) maxTimestamp = cursor.timestamp
  }
  return { minTimestamp, maxTimestamp }
}
