import { expect, test } from 'vitest'
import { encodeBatch, type MetadataBatch } from '../../../../broker/metadata/batch.ts'
import { segmentName } from '../../../../broker/metadata/files/file-names.ts'
import { MetadataLogFiles } from '../../../../broker/metadata/files/log-files.ts'
import { readLiveLog } from '../../../../broker/metadata/files/read-live-log.ts'
import { imageDigest } from '../../../../broker/metadata/image-digest.ts'
import { applyBatch, emptyState, type MetadataState } from '../../../../broker/metadata/position.ts'
import { idleClock, newDisk } from '../../../sim/metadata/life.ts'
import { MetadataHistory } from '../../../support/metadata-history.ts'

const directory = '/data/metadata'

/** A log with its writer, and what that appends next. */
function start() {
  const files = newDisk(1).files()
  const { log } = MetadataLogFiles.open({ files, clock: idleClock, directory, mayJump: false })
  const history = new MetadataHistory(7)
  let state: MetadataState = emptyState
  return {
    files,
    log,
    state: () => state,
    append: async (): Promise<MetadataBatch> => {
      const records = history.next()
      const controllerEpoch = history.image.controller.epoch
      const about = { baseOffset: state.offset, controllerEpoch, timestampMs: 1 }
      const batch = encodeBatch(records, about)
      await log.append(batch)
      state = applyBatch(state, batch)
      return batch
    },
  }
}

test('a log is read beside its writer, and nothing is changed', async () => {
  const { files, append, log, state } = start()
  for (let count = 0; count < 5; count++) await append()
  await log.takeSnapshot(state())
  const sinceOffset = state().offset
  const last = await append()
  const names = files.list(directory).toSorted()
  const read = readLiveLog(files, directory)
  expect(files.list(directory).toSorted()).toEqual(names)
  expect(read?.snapshot.offset).toBe(sinceOffset)
  expect(read?.batches.map(({ nextOffset }) => nextOffset)).toEqual([last.nextOffset])
  expect(imageDigest(read?.state.image ?? emptyState.image)).toBe(imageDigest(state().image))
})

test('an append that is only half there is left out', async () => {
  const { files, append } = start()
  const first = await append()
  const second = await append()
  const path = `${directory}/${segmentName(0)}`
  files.open(path).truncate(first.bytes.length + second.bytes.length - 1)
  expect(readLiveLog(files, directory)?.state.offset).toBe(first.nextOffset)
})

test('where a snapshot takes the place of what is being read, it is read again', async () => {
  const { files, append, log, state } = start()
  await append()
  const before = files.list(directory)
  await log.takeSnapshot(state())
  await append() // in a segment of its own: the one before is removed
  const seen = [before]
  const meanwhile = {
    list: (path: string) => seen.pop() ?? files.list(path),
    readFile: (path: string) => files.readFile(path),
  }
  expect(files.list(directory)).not.toContain(segmentName(0))
  expect(readLiveLog(meanwhile, directory)?.state.offset).toBe(state().offset)
})

test('where there is none there is nothing to read', () => {
  expect(readLiveLog(newDisk(1).files(), '/nowhere')).toBeUndefined()
})
