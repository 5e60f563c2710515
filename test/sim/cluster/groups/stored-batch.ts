import { decodeCoordinatorRecord } from '../../../../broker/coordinator/record-codec.ts'
import { placeBatch } from '../../../../broker/protocol/records/patch.ts'
import { RecordCursor } from '../../../../broker/protocol/records/record-cursor.ts'
import type { Stored } from '../replica-disk.ts'

/** A batch of the product as the value of a record of the simulator, which holds text. */
export function textOf(batch: Uint8Array): string {
  return Buffer.from(batch).toString('base64')
}

/** The other way round, with its place in the log. */
export function batchAt(offset: number, { value, epoch }: Stored): Uint8Array {
  const batch = new Uint8Array(Buffer.from(value, 'base64'))
  placeBatch(batch, 0, { baseOffset: offset, partitionLeaderEpoch: epoch })
  return batch
}

/** By which attempts offsets were committed that are in it. */
export function attemptsIn(stored: Stored): string[] {
  const records = new RecordCursor(batchAt(0, stored), 0, { remainingBytes: 1e6 })
  const attempts: string[] = []
  while (records.next()) {
    const key = records.key()
    const record = key === null ? -1 : decodeCoordinatorRecord({ key, value: records.value() })
    if (typeof record === 'number' || record.type !== 'OffsetCommit') continue
    if (record.value !== null) attempts.push(record.value.metadata)
  }
  return attempts
}
