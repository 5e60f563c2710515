import { join } from 'node:path'
import { expect, test } from 'vitest'
import { defaultLogConfig as config } from '../../../broker/log/log-config.ts'
import { buildBatch } from '../../../broker/protocol/records/build.ts'
import { placeBatch, stampLogAppendTime } from '../../../broker/protocol/records/patch.ts'
import { countingFiles } from './counting-files.ts'
import { openAt, servicesOn, temporaryFolder, write } from './log-support.ts'

/** Of an offset, three records to a batch and a second between batches. */
const timeOf = (offset: number) => 1_000_000 + Math.floor(offset / 3) * 1_000

test('a time is found in a segment of 1 GiB by reading 64 KiB at most', {
  timeout: 60_000,
}, async () => {
  const directory = join(temporaryFolder(), 'orders-0')
  const { files, counted } = countingFiles()
  const services = servicesOn(files, { tailBytes: 0 })
  const first = openAt(directory, services, { config })
  const value = new Uint8Array(1_300)
  const records = [0, 1, 2].map(() => ({ timestamp: 0, key: null, value, headers: [] }))
  const batch = buildBatch({ records }) // about 4 KB; placed anew for each time it is written
  const batches = Math.floor(config.segmentBytes / batch.length)
  for (let index = 0; index < batches; index++) {
    const baseOffset = index * 3
    placeBatch(batch, 0, { baseOffset, partitionLeaderEpoch: 1 })
    stampLogAppendTime(batch, 0, { logAppendTimeMs: timeOf(baseOffset) })
    await write(first, [batch], 0) // the same memory again and again
  }
  expect(first.segmentCount).toBe(1)
  expect(first.sizeBytes).toBeGreaterThan(config.segmentBytes - batch.length)
  first.close()

  const log = openAt(directory, services, { config, clean: true })
  const last = (batches - 1) * 3
  for (const offset of [0, 3, 300, last / 4, last / 2, last - 300, last].map(Math.floor)) {
    const baseOffset = offset - (offset % 3)
    expect(bytesFor(() => log.findTimestamp(timeOf(offset))?.offset)).toEqual(within(baseOffset))
    const justBehind = timeOf(offset) - 999
    expect(bytesFor(() => log.findTimestamp(justBehind)?.offset)).toEqual(within(baseOffset))
  }
  expect(bytesFor(() => log.findTimestamp(0)?.offset)).toEqual(within(0))
  expect(bytesFor(() => log.findTimestamp(timeOf(last) + 1))).toEqual(within(undefined))
  expect(bytesFor(() => log.findMaxTimestamp()?.offset)).toEqual(within(last))

  function bytesFor<T>(look: () => T): { found: T; bytes: number } {
    counted.bytes = 0
    return { found: look(), bytes: counted.bytes }
  }
})

function within(found: number | undefined) {
  return { found, bytes: expect.toSatisfy((bytes: number) => bytes <= 64 * 1024) }
}
