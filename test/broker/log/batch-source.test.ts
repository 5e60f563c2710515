import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { BatchSource } from '../../../broker/log/batch-source.ts'
import type { LogSlice, PartitionLog } from '../../../broker/log/partition-log.ts'
import type { FileSlice } from '../../../broker/protocol/schema/fields.ts'
import { realClock } from '../../../lib/clock.ts'
import { realFiles } from '../../../lib/real-files.ts'
import { batchAt, bytesOf, openAt, servicesOn, temporaryFolder, write } from './log-support.ts'
import { openCountingFiles } from './open-counting-files.ts'

const turn = () => realClock.turn()
const all = { maxBytes: 1_000_000 }

function sourceOf({ parts }: LogSlice): BatchSource {
  return (parts[0] as FileSlice).file as BatchSource
}

async function filledLog(
  services = servicesOn(realFiles, { tailBytes: 0, turn }),
): Promise<PartitionLog> {
  const log = openAt(join(temporaryFolder(), 'orders-0'), services)
  for (let offset = 0; offset < 100; offset++) await write(log, [batchAt(offset, 1)], 1_000)
  return log
}

describe.each([
  ['removed', (log: PartitionLog) => log.moveStartTo(100)],
  ['closed', async (log: PartitionLog) => log.close()],
])('though its segment was %s', (_, end) => {
  test('a slice that is held is as it was, until it was released as often', async () => {
    const log = await filledLog()
    const slice = log.read(0, all)
    const before = bytesOf(slice)
    const source = sourceOf(slice)
    source.hold()
    source.hold()
    await end(log)
    await turn()
    source.release()
    expect(bytesOf(slice).equals(before)).toBe(true)
    source.release()
    expect(() => bytesOf(slice)).toThrow('is gone, read the log again')
  })

  test('a slice is as it was that is held later in the turn in which it was taken', async () => {
    const log = await filledLog()
    const before = bytesOf(log.read(0, all))
    await turn()
    const slice = log.read(0, all)
    const ending = end(log)
    await Promise.resolve() // as a handler settles between reading and answering
    sourceOf(slice).hold()
    await ending
    await turn()
    expect(bytesOf(slice).equals(before)).toBe(true)
    sourceOf(slice).release()
  })

  test('a slice that nobody holds keeps no file open, once the turn has ended', async () => {
    const { files, counted } = openCountingFiles()
    const log = await filledLog(servicesOn(files, { tailBytes: 0, turn }))
    const slice = log.read(0, all)
    await end(log)
    await turn()
    expect(counted.paths().filter((path) => path.includes('/00000000000000000000.'))).toEqual([])
    expect(() => bytesOf(slice)).toThrow('is gone, read the log again')
  })
})

test('files that are held count among those that may be open, and take half of them', async () => {
  const { files, counted } = openCountingFiles()
  const services = servicesOn(files, { tailBytes: 0, turn, openFiles: 8 })
  const folder = temporaryFolder()
  const slices: LogSlice[] = []
  for (let index = 0; index < 10; index++) {
    const log = openAt(join(folder, `orders-${index}`), services)
    await write(log, [batchAt(0, 1)], 1_000)
    const slice = log.read(0, all)
    sourceOf(slice).hold()
    slices.push(slice)
    log.close()
  }
  const other = await filledLog(services)
  expect(bytesOf(other.read(0, all)).length).toBeGreaterThan(0)
  const readable = slices.map((slice) => {
    try {
      return bytesOf(slice).equals(batchAt(0, 1))
    } catch (error) {
      return (error as Error).message
    }
  })
  expect(readable.filter((is) => is === true)).toHaveLength(4)
  for (const is of readable) if (is !== true) expect(is).toContain('read the log again')
  expect(counted.most).toBe(8)
  expect(services.handles.count).toBe(counted.paths().length)

  await turn()
  for (const slice of slices) sourceOf(slice).release()
  other.close()
  expect(counted.paths()).toEqual([])
  expect(services.handles.count).toBe(0)
})

test('a log that is closed before its removed segments went shares no file with one of its name', async () => {
  const folder = temporaryFolder()
  const services = servicesOn(realFiles, { tailBytes: 0, turn })
  const path = join(folder, 'orders-0')
  const filled = openAt(path, services)
  for (let offset = 0; offset < 100; offset++) await write(filled, [batchAt(offset, 1)], 1_000)
  await filled.flush()
  filled.close()
  const log = openAt(path, services, { flushedEndOffset: 100 }) // which is settled before a removal
  const slice = log.read(0, all)
  const before = bytesOf(slice)
  sourceOf(slice).hold()
  const removing = log.moveStartTo(100).catch(() => {}) // it was closed meanwhile
  log.close()
  realFiles.rename(path, `${path}.away`)
  const other = openAt(path, services)
  await write(other, [batchAt(0, 10)], 1_000)
  await removing
  expect(bytesOf(slice).equals(before)).toBe(true)
  sourceOf(slice).release()
  expect(readFileSync(`${path}/00000000000000000000.log`).equals(batchAt(0, 10))).toBe(true)
  other.close()
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
