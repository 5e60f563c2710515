import { join } from 'node:path'
import { expect, test } from 'vitest'
import { LogState } from '../../../broker/log/log-state.ts'
import type { PartitionLog } from '../../../broker/log/partition-log.ts'
import { buildBatch } from '../../../broker/protocol/records/build.ts'
import { buildEndTransactionMarker } from '../../../broker/protocol/records/control.ts'
import { baseOffsetOf, nextOffsetOf } from '../../../broker/protocol/records/header.ts'
import { placeBatch } from '../../../broker/protocol/records/patch.ts'
import { realFiles } from '../../../lib/real-files.ts'
import { effort } from '../../support/effort.ts'
import { seeded } from '../../support/mutate.ts'
import { openAt, servicesOn, temporaryFolder, write } from './log-support.ts'

test.each(Array.from({ length: effort(10, 40) }, (_, seed) => seed + 1))(
  'what a log knows of epochs, producers and transactions follows from its batches: seed %i',
  async (seed) => {
    await compare(join(temporaryFolder(), 'orders-0'), seed)
  },
)

async function compare(directory: string, seed: number) {
  const random = seeded(seed * 104_729)
  let log = openAt(directory, servicesOn(realFiles))
  let batches: Uint8Array[] = []
  const writer = new Writer(random)
  for (let step = 0; step < 150; step++) {
    const end = log.logEndOffset
    switch (random(14)) {
      case 0:
        await log.roll()
        break
      case 1:
        await log.flush()
        break
      case 2: {
        const offset = random(end + 1)
        await log.truncateTo(offset)
        batches = batches.filter((batch) => nextOffsetOf(batch, 0) <= log.logEndOffset)
        break
      }
      case 3:
      case 4: {
        log.close()
        const { flushedEndOffset } = log
        log = openAt(directory, servicesOn(realFiles), { clean: random(2) === 0, flushedEndOffset })
        break
      }
      default: {
        const batch = writer.next(end)
        batches.push(batch)
        await write(log, [batch], 0)
      }
    }
    expectSame(log, batches)
  }
  log.close()
}

/** Batches of three producers, some in transactions, and now and then a new leader. */
class Writer {
  private readonly random: (below: number) => number
  private epoch = 0
  private readonly sequences = [0, 0, 0]
  private readonly open = new Set<number>()

  constructor(random: (below: number) => number) {
    this.random = random
  }

  next(baseOffset: number): Uint8Array {
    if (this.random(15) === 0) this.epoch += 1
    const batch = this.batch()
    placeBatch(batch, 0, { baseOffset, partitionLeaderEpoch: this.epoch })
    return batch
  }

  private batch(): Uint8Array {
    const producerId = this.random(3)
    if (this.open.has(producerId) && this.random(3) === 0) {
      this.open.delete(producerId)
      const type = this.random(2) === 0 ? 'abort' : 'commit'
      const timestamp = 1_000
      return buildEndTransactionMarker({
        type,
        coordinatorEpoch: 0,
        producerId,
        producerEpoch: 0,
        timestamp,
      })
    }
    const isTransactional = this.open.has(producerId) || this.random(2) === 0
    if (isTransactional) this.open.add(producerId)
    const count = 1 + this.random(4)
    const records = Array.from({ length: count }, () => {
      return { timestamp: 1_000, key: null, value: Buffer.alloc(this.random(150)), headers: [] }
    })
    const baseSequence = this.sequences[producerId] as number
    this.sequences[producerId] = baseSequence + count
    return buildBatch({ records, producerId, producerEpoch: 0, baseSequence, isTransactional })
  }
}

function expectSame(log: PartitionLog, batches: readonly Uint8Array[]) {
  const model = new LogState()
  const aborted = batches.flatMap((batch) => {
    const { ended } = model.replay(batch)
    if (ended?.isAborted !== true) return []
    const { isAborted: _, ...entry } = ended
    return [entry]
  })
  const { known } = log
  if (known === undefined) return expect(batches).toEqual([])
  expect(known.epochs.entries).toEqual(model.epochs.entries)
  expect([...known.producers.producers()].sort(byId)).toEqual(
    [...model.producers.producers()].sort(byId),
  )
  expect(known.producers.firstUndecidedOffset).toBe(model.producers.firstUndecidedOffset)
  const range = { fetchOffset: 0, upperBoundOffset: log.logEndOffset }
  expect(log.abortedTransactions(range)).toEqual(aborted)
  const last = batches.at(-1)
  expect(log.logEndOffset).toBe(last === undefined ? log.logEndOffset : nextOffsetOf(last, 0))
  if (last !== undefined) expect(baseOffsetOf(last, 0)).toBeLessThan(log.logEndOffset)
}

function byId(a: { producerId: number }, b: { producerId: number }): number {
  return a.producerId - b.producerId
}
