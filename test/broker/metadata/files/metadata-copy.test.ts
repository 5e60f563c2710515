import { describe, expect, test } from 'vitest'
import { encodeBatch, type MetadataBatch } from '../../../../broker/metadata/batch.ts'
import { MetadataCopy } from '../../../../broker/metadata/files/metadata-copy.ts'
import { imageDigest } from '../../../../broker/metadata/image-digest.ts'
import {
  applyBatch,
  emptyState,
  type MetadataState,
  positionOf,
} from '../../../../broker/metadata/position.ts'
import { metadataRecord } from '../../../../broker/metadata/records.ts'
import { snapshotDelayMs } from '../../../../broker/metadata/snapshot-due.ts'
import type { Clock } from '../../../../lib/clock.ts'
import type { StorageError } from '../../../../lib/storage-error.ts'
import { Crashed } from '../../../sim/disk/errors.ts'
import type { Crash, SimulatedDisk } from '../../../sim/disk/simulated-disk.ts'
import { idleClock, newDisk } from '../../../sim/metadata/life.ts'
import { ManualClock } from '../../../support/manual-clock.ts'
import { MetadataHistory } from '../../../support/metadata-history.ts'
import { metadataError } from '../support.ts'

const directory = '/data/__cluster_metadata-0'
const openOn = (
  disk: SimulatedDisk,
  onFull = (problem: StorageError): void => {
    throw problem
  },
  clock: Clock = idleClock,
) => MetadataCopy.open({ files: disk.files(), clock, directory, onFull })

/** The authority: batches, and the state after each. */
const history = new MetadataHistory(11)
const log: { batch: MetadataBatch; state: MetadataState }[] = []
for (let state = emptyState; log.length < 20; ) {
  const records = history.next()
  const controllerEpoch = history.image.controller.epoch
  const about = { baseOffset: state.offset, controllerEpoch, timestampMs: 1 }
  const batch = encodeBatch(records, about)
  state = applyBatch(state, batch)
  log.push({ batch, state })
}
const batchAt = (index: number) => (log[index] as (typeof log)[number]).batch
const stateAt = (index: number) => (log[index] as (typeof log)[number]).state

test('a copy is at the position of what it applied, at once and when it is opened again', async () => {
  const disk = newDisk(1)
  const copy = openOn(disk)
  const written = [0, 1, 2].map((index) => {
    const done = copy.apply(batchAt(index))
    expect(copy.position).toEqual(positionOf(stateAt(index)))
    return done
  })
  await Promise.all(written)
  disk.crash({ keepCache: false, unsynced: 'nothing' })
  const again = openOn(disk)
  expect(again.position).toEqual(positionOf(stateAt(2)))
  expect(imageDigest(again.state.image)).toBe(imageDigest(stateAt(2).image))
  again.close()
})

test('a batch that does not fit changes nothing', async () => {
  const copy = openOn(newDisk(1))
  await copy.apply(batchAt(0))
  expect(() => copy.apply(batchAt(2))).toThrow(metadataError('Gap'))
  expect(copy.position).toEqual(positionOf(stateAt(0)))
  await copy.apply(batchAt(1))
})

test('a copy goes on behind a snapshot of what it missed', async () => {
  const disk = newDisk(1)
  const copy = openOn(disk)
  await copy.apply(batchAt(0))
  await copy.jumpTo(stateAt(9))
  await copy.apply(batchAt(10))
  disk.crash({ keepCache: false, unsynced: 'nothing' })
  const again = openOn(disk)
  expect(imageDigest(again.state.image)).toBe(imageDigest(stateAt(10).image))
  expect(again.position).toEqual(positionOf(stateAt(10)))
})

test('a copy of long ago is short: it takes a snapshot a while after one is due', async () => {
  const { disk, copy, clock, log } = startLong()
  await log(20)
  const before = sizeOf(disk)
  await clock.advance(snapshotDelayMs)
  await log(1)
  expect(sizeOf(disk)).toBeLessThan(before / 5)
  const { position } = copy
  copy.close()
  expect(openOn(disk).position).toEqual(position)
})

test('a snapshot that fails is an error for all that follows', async () => {
  const { disk, clock, log } = startLong()
  await log(20)
  disk.fail({ call: 'rename', code: 'EIO' })
  await clock.advance(snapshotDelayMs)
  await expect(log(1)).rejects.toMatchObject({ problem: 'DiskFailed' })
})

test('a copy that is closed takes no snapshot any more', async () => {
  const { copy, clock, log } = startLong()
  await log(20)
  copy.close()
  expect(clock.pending).toBe(0)
})

/** A copy to which so much is logged that a snapshot is due. */
function startLong() {
  const disk = newDisk(1)
  const clock = new ManualClock()
  const copy = openOn(disk, undefined, clock)
  let state = emptyState
  const log = async (batches: number) => {
    for (let left = batches; left > 0; left--) {
      const value = 'x'.repeat(30_000)
      const about = { resourceType: 2, resourceName: 't', name: 'a', value }
      const batch = encodeBatch([metadataRecord('ConfigRecord', about)], {
        baseOffset: state.offset,
        controllerEpoch: 0,
        timestampMs: 1,
      })
      state = applyBatch(state, batch)
      await copy.apply(batch)
    }
  }
  return { disk, copy, clock, log }
}

function sizeOf(disk: SimulatedDisk): number {
  return [...disk.snapshot().values()].reduce((sum, { length }) => sum + length, 0)
}

test('what could not be written is an error for all that follows, while the state goes on', async () => {
  const disk = newDisk(1)
  const copy = openOn(disk)
  disk.fail({ call: 'write', code: 'EIO' })
  await expect(copy.apply(batchAt(0))).rejects.toMatchObject({ problem: 'DiskFailed' })
  await expect(copy.apply(batchAt(1))).rejects.toMatchObject({ problem: 'DiskFailed' })
  expect(copy.position).toEqual(positionOf(stateAt(1)))
  expect(openOn(disk).position).toEqual(positionOf(emptyState))
})

test('on a disk without room the state goes on, and the disk has a whole beginning of it', async () => {
  const disk = newDisk(1)
  const told: StorageError[] = []
  const copy = openOn(disk, (problem) => void told.push(problem))
  await copy.apply(batchAt(0))
  disk.fail({ call: 'write', code: 'ENOSPC' })
  await copy.apply(batchAt(1))
  await copy.apply(batchAt(2)) // there would be room for it, but not behind a gap
  expect(told).toEqual([expect.objectContaining({ problem: 'DiskFull' })])
  expect(copy.position).toEqual(positionOf(stateAt(2)))
  expect(openOn(disk).position).toEqual(positionOf(stateAt(0)))
})

describe('a copy that is lost in the middle', () => {
  /** Applies, jumps over some batches, applies, and notes what was written. */
  async function live(disk: SimulatedDisk, written: { last: number }): Promise<void> {
    const copy = openOn(disk)
    for (const index of [0, 1, 2]) {
      await copy.apply(batchAt(index))
      written.last = index
    }
    await copy.jumpTo(stateAt(8))
    written.last = 8
    await copy.apply(batchAt(9))
    written.last = 9
    await copy.jumpTo(stateAt(12))
    written.last = 12
    await copy.apply(batchAt(13))
    written.last = 13
  }

  test.each<[string, Crash]>([
    ['killed', { keepCache: true }],
    ['powered off', { keepCache: false }],
  ])('is a state of the log that was reached, when %s at any call', async (_, crash) => {
    const whole = newDisk(1)
    const before = whole.calls
    await live(whole, { last: -1 })
    for (let call = 1; call <= whole.calls - before; call++) {
      for (let seed = 1; seed <= 5; seed++) {
        const disk = newDisk(seed)
        disk.crashAtCall(before + call, crash)
        const written = { last: -1 }
        live(disk, written).catch((error: unknown) => {
          if (!(error instanceof Crashed)) throw error
        })
        while (!disk.crashed) await new Promise((resolve) => void setImmediate(resolve))
        const copy = openOn(disk)
        const { offset } = copy.position
        const at = log.findIndex(({ state }) => state.offset === offset)
        expect(at, `call ${call}, seed ${seed}`).toBeGreaterThanOrEqual(written.last)
        const { image } = at < 0 ? emptyState : stateAt(at)
        expect(imageDigest(copy.state.image)).toBe(imageDigest(image))
        await copy.jumpTo(stateAt(15))
        await copy.apply(batchAt(16))
        disk.crash({ keepCache: false })
        expect(openOn(disk).position).toEqual(positionOf(stateAt(16)))
      }
    }
  })
})

test('a copy of an older broker stops before a level that it does not read, and does not open behind it', async () => {
  const disk = newDisk(1)
  const options = { files: disk.files(), clock: idleClock, directory, onFull() {} }
  const older = MetadataCopy.open({ ...options, readsUpTo: 23 })
  await older.apply(batchAt(0))
  const { position, state } = older
  const raise = metadataRecord('FeatureLevelRecord', { name: 'metadata.version', featureLevel: 24 })
  const controllerEpoch = state.image.controller.epoch
  const about = { baseOffset: state.offset, controllerEpoch, timestampMs: 1 }
  const raised = encodeBatch([raise], about)
  expect(() => older.apply(raised)).toThrow(metadataError('UnknownFeature'))
  expect(() => older.jumpTo(applyBatch(state, raised))).toThrow(metadataError('UnknownFeature'))
  expect(older.position).toEqual(position)
  older.close()
  const newer = MetadataCopy.open(options)
  await newer.apply(raised)
  newer.close()
  expect(() => MetadataCopy.open({ ...options, readsUpTo: 23 })).toThrow(
    metadataError('UnknownFeature'),
  )
})
