import type { Partition } from '../../../broker/partition/partition.ts'
import { readRecords } from '../../../broker/protocol/records/read.ts'
import { batchStarts } from '../../../broker/protocol/records/walk.ts'
import { bytesOf } from '../log/log-support.ts'

/** Of all records that a replica has. */
export function valuesOf({ log }: Partition): string[] {
  const bytes = bytesOf(log.read(log.logStartOffset, { maxBytes: 1e8 }))
  return [...batchStarts(bytes)].flatMap((start) => {
    const records = readRecords(bytes, { start, budget: { remainingBytes: 1e8 } })
    return Array.from(records, ({ value }) => Buffer.from(value ?? []).toString())
  })
}
