import {
  DataDirectory,
  type DataDirectoryOptions,
} from '../../../../broker/log/data-directory/data-directory.ts'
import type { PartitionLog } from '../../../../broker/log/partition-log.ts'
import { nextOffsetOf } from '../../../../broker/protocol/records/header.ts'
import type { Files } from '../../../../lib/files.ts'
import { SimulatedDisk } from '../../../sim/disk/simulated-disk.ts'
import { batchAt, bytesOf, servicesOn, smallConfig, write } from '../log-support.ts'

export const path = '/data/kafka'
export const owner = {
  clusterId: 'the-cluster',
  nodeId: 3,
  newDirectoryId: 'AAAAAAAAAAAAAAAAAAAADw',
}
export const orders = {
  topic: 'orders',
  partition: 0,
  topicId: 'AAAAAAAAAAAAAAAAAAAAAQ',
  config: smallConfig,
}
/** A topic that was made after the first one was deleted. */
export const newOrders = { ...orders, topicId: 'AAAAAAAAAAAAAAAAAAAAAg' }
export const carts = { ...orders, topic: 'carts', topicId: 'AAAAAAAAAAAAAAAAAAAAAw' }

/** A disk with an empty directory for the data, and a process. */
export function newDisk(seed = 1): { disk: SimulatedDisk; files: Files } {
  const disk = new SimulatedDisk(seed)
  const files = disk.files()
  files.makeDirectory('/data')
  files.syncDirectory('/')
  return { disk, files }
}

export function start(
  files: Files,
  options: Partial<DataDirectoryOptions> = {},
): Promise<DataDirectory> {
  const services = servicesOn(files, { tailBytes: 0 })
  return DataDirectory.open(
    {
      path,
      owner,
      producerIdExpirationMs: 86_400_000,
      nowMs: 0,
      configOf: () => smallConfig,
      pause: () => Promise.resolve(),
      onProblem(problem) {
        throw problem
      },
      ...options,
    },
    services,
  )
}

/** Batches of two records each. */
export async function append(log: PartitionLog, batches: number): Promise<void> {
  for (let left = batches; left > 0; left--) {
    await write(log, [batchAt(log.logEndOffset, 2, { valueBytes: 60 })], 0)
  }
}

/** Whether all batches are those that `append` writes. @returns The offset behind the last one. */
export function readToEnd(log: PartitionLog): number {
  let offset = log.logStartOffset
  while (offset < log.logEndOffset) {
    const bytes = bytesOf(log.read(offset, { maxBytes: 1 }))
    if (!bytes.equals(batchAt(offset, 2, { valueBytes: 60 }))) return Number.NaN
    offset = nextOffsetOf(bytes, 0)
  }
  return offset
}

export const stopped = { brokerEpoch: 77 }
