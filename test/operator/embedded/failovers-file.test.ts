import { expect, test } from 'vitest'
import { silentLogger } from '../../../lib/logger.ts'
import { writeFile } from '../../../lib/replace-file.ts'
import type { Failover } from '../../../operator/controller/timeline/failover.ts'
import { FailoversFile, readFailovers } from '../../../operator/embedded/failovers-file.ts'
import { newDisk } from '../../sim/metadata/life.ts'

const failover: Failover = {
  brokerId: 1,
  cause: 'BrokerFenced',
  why: 'its process ended',
  controllerEpoch: 1,
  offset: 0,
  endOffset: 2,
  partitions: 1,
  leaderless: 1,
  steps: [],
  notSeen: [],
}

test('the last hundred are kept, also over another start', () => {
  const files = newDisk(1).files()
  const first = new FailoversFile('/data', { files, log: silentLogger })
  for (let offset = 0; offset < 60; offset++) first.add({ ...failover, offset })
  const second = new FailoversFile('/data', { files, log: silentLogger })
  for (let offset = 60; offset < 120; offset++) second.add({ ...failover, offset })
  const offsets = readFailovers(files, '/data').map(({ offset }) => offset)
  expect(offsets).toEqual(Array.from({ length: 100 }, (_, index) => index + 20))
})

test('a file that a loss of power left half is begun anew', () => {
  const files = newDisk(1).files()
  writeFile(files, '/data/failovers.json', new TextEncoder().encode('[{"brokerId":1'))
  expect(readFailovers(files, '/data')).toEqual([])
  new FailoversFile('/data', { files, log: silentLogger }).add(failover)
  expect(readFailovers(files, '/data')).toEqual([failover])
})

test('on a full disk one is not noted, and that is said', () => {
  const files = newDisk(1).files()
  const full = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })
  const create = () => {
    throw full
  }
  const said: string[] = []
  const log = { ...silentLogger, warn: (message: string) => void said.push(message) }
  new FailoversFile('/data', { files: { ...files, create }, log }).add(failover)
  expect(said).toEqual(['a failover is not noted for kavka why'])
  expect(readFailovers(files, '/data')).toEqual([])
})
