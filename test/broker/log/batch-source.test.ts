import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { BatchSource } from '../../../broker/log/batch-source.ts'
import type { LogSlice, PartitionLog } from '../../../broker/log/partition-log.ts'
import type { FileSlice } from '../../../broker/protocol/schema/fields.ts'
import { realFiles } from '../../../lib/real-files.ts'
import { batchAt, bytesOf, openAt, servicesOn, temporaryFolder, write } from './log-support.ts'

const all = { maxBytes: 1_000_000 }

function sourceOf({ parts }: LogSlice): BatchSource {
  return (parts[0] as FileSlice).file as BatchSource
}

async function filledLog(): Promise<PartitionLog> {
  const log = openAt(join(temporaryFolder(), 'orders-0'), servicesOn(realFiles, { tailBytes: 0 }))
  for (let offset = 0; offset < 100; offset++) await write(log, [batchAt(offset, 1)], 1_000)
  return log
}

test.each([
  ['removed', (log: PartitionLog) => log.moveStartTo(100)],
  ['closed', async (log: PartitionLog) => log.close()],
])('a slice that is held is as it was though its segment was %s', async (_, end) => {
  const log = await filledLog()
  const slice = log.read(0, all)
  const before = bytesOf(slice)
  const source = sourceOf(slice)
  source.hold()
  source.hold()
  await end(log)
  source.release()
  expect(bytesOf(slice).equals(before)).toBe(true)
  source.release()
  expect(() => bytesOf(slice)).toThrow('is gone, read the log again')
})

test('a slice of what was cut off never has what is written there since', async () => {
  const log = await filledLog()
  const slice = log.read(log.activeBaseOffset, all)
  const source = sourceOf(slice)
  source.hold()
  const reading = source.readLater(new Uint8Array(10), 0)
  await log.truncateTo(log.logEndOffset - 1)
  await write(log, [batchAt(log.logEndOffset, 1)], 1_000)
  await reading.catch(({ message }: Error) => expect(message).toContain('read the log again'))
  await expect(source.readLater(new Uint8Array(10), 0)).rejects.toThrow('read the log again')
  expect(bytesOf(log.read(log.activeBaseOffset, all)).length).toBeGreaterThan(0)
})
