import type { DecompressionBudget } from './decompression-budget.ts'
import type { LogRecord } from './record.ts'
import { RecordCursor } from './record-cursor.ts'

/**
 * The records of the batch at `start`, in rising offsets. Where only keys and offsets are wanted,
 * a `RecordCursor` does without an object for each.
 *
 * @throws {KafkaError} As `RecordCursor` does.
 */
export function readRecords(
  bytes: Uint8Array,
  { start = 0, budget }: { start?: number; budget: DecompressionBudget },
): LogRecord[] {
  const cursor = new RecordCursor(bytes, start, budget)
  const records = new Array<LogRecord>(cursor.count)
  for (let i = 0; cursor.next(); i++) {
    const { offset, timestamp } = cursor
    records[i] = {
      offset,
      timestamp,
      key: cursor.key(),
      value: cursor.value(),
      headers: cursor.headers(),
    }
  }
  return records
}
