import { expect, test } from 'vitest'
import { type MetadataRecord, metadataRecord } from '../../../broker/metadata/records.ts'
import { snapshotDelayMs } from '../../../broker/metadata/snapshot-due.ts'
import { realClock } from '../../../lib/clock.ts'
import { StorageError } from '../../../lib/storage-error.ts'
import { MetadataWriter } from '../../../operator/controller/metadata-writer.ts'
import { MemoryLog, MemoryStore } from '../../../operator/controller/store/memory-store.ts'
import type {
  MetadataStore,
  SnapshotTaken,
} from '../../../operator/controller/store/metadata-store.ts'
import { StoreError } from '../../../operator/controller/store/store-error.ts'
import { uuid } from '../../broker/metadata/support.ts'
import { ManualClock } from '../../support/manual-clock.ts'

const kibibyte = 1024
const mebibyte = 1024 * kibibyte

test('the next snapshot is taken once as much was logged as the last one is large', async () => {
  const { writer, snapshots, afterAWhile } = await startWriter(() => taken(2 * mebibyte))
  await log(writer, 600 * kibibyte)
  await afterAWhile()
  expect(snapshots).toHaveLength(1)
  await log(writer, 1_800 * kibibyte)
  await afterAWhile()
  expect(snapshots).toHaveLength(1)
  await log(writer, 400 * kibibyte)
  await afterAWhile()
  expect(snapshots).toHaveLength(2)
})

test('a snapshot waits until there is time for it, and is of what is there then', async () => {
  const { writer, snapshots, afterAWhile } = await startWriter(() => taken(kibibyte))
  await log(writer, 600 * kibibyte)
  await log(writer, 600 * kibibyte)
  expect(snapshots).toEqual([])
  const { offset } = writer.committed
  await afterAWhile()
  expect(snapshots).toEqual([offset])
})

test('who stops takes no snapshot any more', async () => {
  const { writer, snapshots, afterAWhile } = await startWriter(() => taken(kibibyte))
  await log(writer, 600 * kibibyte)
  writer.close()
  await afterAWhile()
  expect(snapshots).toEqual([])
})

test('while a snapshot is taken decisions are made, and none is taken beside it', async () => {
  const end = Promise.withResolvers<SnapshotTaken>()
  const { writer, snapshots, afterAWhile } = await startWriter(() => end.promise)
  await log(writer, 600 * kibibyte)
  await afterAWhile()
  await log(writer, 600 * kibibyte)
  await afterAWhile()
  expect(snapshots).toEqual([expect.any(Number)])
  end.resolve({ type: 'taken', snapshotBytes: kibibyte })
  await realClock.turn()
  await log(writer, 100) // what was logged meanwhile counts
  await afterAWhile()
  expect(snapshots).toHaveLength(2)
})

test('a snapshot for which there is no room stops nothing, and is tried again later', async () => {
  const { writer, snapshots, said, afterAWhile } = await startWriter((count) => {
    if (count === 1) throw new StoreError('NotAppended', 'ENOSPC')
    return taken(kibibyte)
  })
  await log(writer, 600 * kibibyte)
  await afterAWhile()
  expect(said).toEqual(['no snapshot of the metadata log is taken: ENOSPC'])
  await log(writer, 400 * kibibyte)
  await afterAWhile()
  expect(snapshots).toHaveLength(1)
  await log(writer, 200 * kibibyte)
  await afterAWhile()
  expect(snapshots).toHaveLength(2)
  expect(writer.isStopped).toBe(false)
})

test('a store that is not to be trusted after a snapshot stops the writer', async () => {
  const { writer, stopped, afterAWhile } = await startWriter(() => {
    throw new StoreError('Offline', 'EIO')
  })
  await log(writer, 600 * kibibyte)
  await afterAWhile()
  expect(stopped).toEqual(['EIO'])
  await expect(log(writer, 1)).rejects.toMatchObject({ code: 'NOT_CONTROLLER' })
})

test('who cannot take over lets go of the store, and says what the disk said', async () => {
  const memory = new MemoryStore({ log: new MemoryLog({ clusterId: 'c' }), clock: realClock })
  let closed = 0
  const cause = new StorageError('DiskFull', 'ENOSPC')
  const store: MetadataStore = {
    open: () => memory.open(),
    append: () => Promise.reject(new StoreError('NotAppended', 'ENOSPC', { cause })),
    snapshot: () => taken(0),
    isLast: () => memory.isLast(),
    close: () => void closed++,
  }
  await expect(MetadataWriter.open(optionsOf(store))).rejects.toBe(cause)
  expect(closed).toBe(1)
})

test('who has nothing to write finds out that another took over by looking', async () => {
  const log = new MemoryLog({ clusterId: 'c' })
  const stopped: string[] = []
  const writer = await MetadataWriter.open({
    ...optionsOf(new MemoryStore({ log, clock: realClock })),
    onStopped: (why) => void stopped.push(why),
  })
  await writer.checkIsLast()
  expect(stopped).toEqual([])
  await MetadataWriter.open(optionsOf(new MemoryStore({ log, clock: realClock })))
  await writer.checkIsLast()
  expect(stopped).toEqual(['another controller took over'])
})

test('to be closed is nothing that anybody is told of', async () => {
  const { writer, stopped } = await startWriter(() => taken(0))
  writer.close()
  expect(writer.isStopped).toBe(true)
  expect(stopped).toEqual([])
})

/** On a store in memory whose snapshots end as a test says. */
async function startWriter(snapshot: (count: number) => Promise<SnapshotTaken>) {
  const memory = new MemoryStore({ log: new MemoryLog({ clusterId: 'c' }), clock: realClock })
  const snapshots: number[] = []
  const store: MetadataStore = {
    open: () => memory.open(),
    append: (position, records) => memory.append(position, records),
    snapshot: async ({ offset }) => snapshot(snapshots.push(offset)),
    isLast: () => memory.isLast(),
    close: () => memory.close(),
  }
  const said: string[] = []
  const stopped: string[] = []
  const clock = new ManualClock()
  const writer = await MetadataWriter.open({
    ...optionsOf(store),
    clock,
    log: (message) => void said.push(message),
    onStopped: (why) => void stopped.push(why),
  })
  return { writer, snapshots, said, stopped, afterAWhile: () => clock.advance(snapshotDelayMs) }
}

function optionsOf(store: MetadataStore) {
  return {
    store,
    clock: realClock,
    incarnationId: uuid(1),
    onCommit: () => {},
    onStopped: () => {},
    log: () => {},
    onFatal: (error: unknown) => {
      throw error
    },
  }
}

function taken(snapshotBytes: number): Promise<SnapshotTaken> {
  return Promise.resolve({ type: 'taken', snapshotBytes })
}

/** Appends records of so many bytes together, and a little more. */
async function log(writer: MetadataWriter, bytes: number): Promise<void> {
  const own = { resourceType: 2, resourceName: 't', name: 'n' }
  const records: MetadataRecord[] = []
  for (let left = bytes; left > 0; left -= longestValue) {
    const value = 'x'.repeat(Math.min(left, longestValue))
    records.push(metadataRecord('ConfigRecord', { ...own, value }))
  }
  await writer.change(() => ({ records, response: undefined }))
  await realClock.turn()
}

const longestValue = 32_000
