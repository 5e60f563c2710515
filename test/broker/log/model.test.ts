import { join } from 'node:path'
import { expect, test } from 'vitest'
import { baseOffsetOf, nextOffsetOf } from '../../../broker/protocol/records/header.ts'
import { realFiles } from '../../../lib/real-files.ts'
import { effort } from '../../support/effort.ts'
import { seeded } from '../../support/mutate.ts'
import { batchAt, bytesOf, openAt, servicesOn, temporaryFolder, write } from './log-support.ts'

type Model = { batches: Uint8Array[]; start: number; end: number; flushed: number }

test.each(Array.from({ length: effort(12, 60) }, (_, seed) => seed + 1))(
  'a log and a plain array agree after any operations: seed %i',
  async (seed) => {
    await compare(join(temporaryFolder(), 'orders-0'), seed)
  },
)

async function compare(directory: string, seed: number) {
  const random = seeded(seed * 7_919)
  const tailBytes = [0, 3_000, 100_000][seed % 3] as number
  let services = servicesOn(realFiles, { tailBytes, openFiles: 4 })
  let log = openAt(directory, services)
  const model: Model = { batches: [], start: 0, end: 0, flushed: 0 }
  for (let step = 0; step < 120; step++) {
    switch (random(12)) {
      case 0:
        await log.roll()
        break
      case 1: {
        await log.flush()
        model.flushed = model.end
        break
      }
      case 2: {
        const offset = model.start + random(model.end - model.start + 1)
        truncate(model, offset)
        expect(await log.truncateTo(offset)).toBe(model.end)
        break
      }
      case 3: {
        model.start = Math.min(model.end, model.start + random(20))
        await log.moveStartTo(model.start)
        break
      }
      case 4: {
        log.close()
        services = servicesOn(realFiles, { tailBytes, openFiles: 4 })
        const clean = random(2) === 0
        const { flushedEndOffset, logStartOffset } = log
        log = openAt(directory, services, { clean, flushedEndOffset, logStartOffset })
        break
      }
      case 5:
        if (random(10) === 0) {
          const offset = model.end + random(50)
          Object.assign(model, { batches: [], start: offset, end: offset, flushed: offset })
          await log.truncateFullyAndStartAt(offset)
        }
        break
      default: {
        const batches = Array.from({ length: 1 + random(4) }, () => {
          const batch = batchAt(model.end, 1 + random(5), { valueBytes: 10 + random(100) })
          model.batches.push(batch)
          model.end = nextOffsetOf(batch, 0)
          return batch
        })
        await write(log, batches, 5_000)
      }
    }
    expect([log.logStartOffset, log.logEndOffset]).toEqual([model.start, model.end])
    const offset = model.start + random(model.end - model.start + 1)
    const maxBytes = 1 + random(3_000)
    const read = bytesOf(log.read(offset, { maxBytes }))
    checkRead(read, model, offset, maxBytes)
  }
  log.close()
}

function truncate(model: Model, offset: number) {
  if (offset >= model.end) return
  const cut = model.batches.findIndex((batch) => nextOffsetOf(batch, 0) > offset)
  model.end = baseOffsetOf(model.batches[cut] as Uint8Array, 0)
  model.batches = model.batches.slice(0, cut)
  model.start = Math.min(model.start, model.end)
}

/** Whole batches from the one with the offset on, within the bytes but for the first. */
function checkRead(read: Buffer, model: Model, offset: number, maxBytes: number) {
  const from = model.batches.findIndex((batch) => nextOffsetOf(batch, 0) > offset)
  const wanted = from === -1 ? Buffer.alloc(0) : Buffer.concat(model.batches.slice(from))
  expect(wanted.subarray(0, read.length).equals(read)).toBe(true)
  if (offset === model.end) return expect(read.length).toBe(0)
  const first = model.batches[from] as Uint8Array
  expect(read.length).toBeGreaterThanOrEqual(first.length)
  expect(read.length).toBeLessThanOrEqual(Math.max(first.length, maxBytes))
  expect(baseOffsetOf(read, 0)).toBeLessThanOrEqual(offset)
}
