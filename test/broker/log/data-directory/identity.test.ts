import { expect, test } from 'vitest'
import { claimDirectory } from '../../../../broker/log/data-directory/identity.ts'
import { encodeMetaProperties } from '../../../../broker/log/meta-properties.ts'
import { writeFile } from '../../../../lib/replace-file.ts'
import { newDisk, owner, path } from './support.ts'

const meta = `${path}/meta.properties`

test('an empty directory becomes its owner’s, durably, and is known again', () => {
  const { disk, files } = newDisk()
  expect(claimDirectory(files, path, owner).id).toBe(owner.newDirectoryId)
  disk.crash({ keepCache: false, unsynced: 'nothing' })
  const other = { ...owner, newDirectoryId: 'AAAAAAAAAAAAAAAAAAAAHw' }
  expect(claimDirectory(disk.files(), path, other).id).toBe(owner.newDirectoryId)
})

test('a new volume with lost+found in it is empty', () => {
  const { files } = newDisk()
  files.makeDirectory(`${path}/lost+found`)
  expect(claimDirectory(files, path, owner).id).toBe(owner.newDirectoryId)
})

test.each([
  ['another cluster', { clusterId: 'other' }, `${meta} has cluster id other, expected the-cluster`],
  ['another broker', { nodeId: 4 }, `${meta} has broker id 4, expected 3`],
])('a directory of %s is refused, and stays as it was', (_, theirs, message) => {
  const { disk, files } = newDisk()
  claimDirectory(files, path, { ...owner, ...theirs })
  const before = disk.snapshot()
  expect(() => claimDirectory(files, path, owner)).toThrow(
    expect.objectContaining({ problem: 'Foreign', message: expect.stringContaining(message) }),
  )
  expect(disk.snapshot()).toEqual(before)
})

test.each([
  ['a version that is not known', 'version=2\n', 'version "2" is not known, only 0, 1'],
  ['no cluster id in it', 'version=1\nnode.id=3\n', 'has no cluster.id'],
  ['nobody in it', 'hello\n', 'has cluster id (none), expected the-cluster'],
])('a meta.properties with %s is refused', (_, text, message) => {
  const { files } = newDisk()
  files.makeDirectory(path)
  writeFile(files, meta, Buffer.from(text))
  expect(() => claimDirectory(files, path, owner)).toThrow(
    expect.objectContaining({ problem: 'Foreign', message: expect.stringContaining(message) }),
  )
})

test('a directory that has logs but no meta.properties is refused', () => {
  const { files } = newDisk()
  files.makeDirectory(`${path}/orders-0`)
  expect(() => claimDirectory(files, path, owner)).toThrow(
    `${meta} is missing, but the directory is not empty (orders-0)`,
  )
})

test('a directory without an id, as Kafka made them before KIP-858, gets one', () => {
  const { disk, files } = newDisk()
  files.makeDirectory(path)
  writeFile(files, meta, encodeMetaProperties({ version: 1, clusterId: 'the-cluster', nodeId: 3 }))
  expect(claimDirectory(files, path, owner).id).toBe(owner.newDirectoryId)
  expect(Buffer.from(disk.snapshot().get(meta) ?? []).toString()).toContain(owner.newDirectoryId)
})

test('a crash anywhere while it is formatted leaves what can be formatted', () => {
  for (let call = 1, crashed = true; crashed; call++) {
    for (const keepCache of [true, false]) {
      const { disk, files } = newDisk(call)
      disk.crashAtCall(disk.calls + call, { keepCache })
      try {
        claimDirectory(files, path, owner)
      } catch {
        expect(disk.crashed).toBe(true)
      }
      crashed = disk.crashed
      if (crashed) expect(claimDirectory(disk.files(), path, owner).id).toBe(owner.newDirectoryId)
    }
  }
})
