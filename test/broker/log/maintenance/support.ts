import type { TopicPartition } from '../../../../broker/log/data-directory/partition-name.ts'
import type { Failure, MaintainedLog } from '../../../../broker/log/maintenance/maintained-log.ts'
import type { PartitionLog } from '../../../../broker/log/partition-log.ts'
import { buildBatch } from '../../../../broker/protocol/records/build.ts'
import { nextOffsetOf } from '../../../../broker/protocol/records/header.ts'
import { readRecords } from '../../../../broker/protocol/records/read.ts'
import { batchStarts } from '../../../../broker/protocol/records/walk.ts'
import type { Files, OpenFile } from '../../../../lib/files.ts'
import type { SimulatedDisk } from '../../../sim/disk/simulated-disk.ts'
import { bytesOf } from '../log-support.ts'

/** All that is asked of the disk, and of what path. */
export function countingFiles(files: Files): { files: Files; calls: string[] } {
  const calls: string[] = []
  const counted = <T extends object>(target: T, path?: string): T =>
    new Proxy(target, {
      get(from, name) {
        const own = Reflect.get(from, name) as unknown
        if (typeof own !== 'function') return own
        return (...given: unknown[]) => {
          const about = path ?? String(given[0])
          calls.push(`${String(name)} ${about}`)
          const result: unknown = Reflect.apply(own, from, given)
          const isFile = name === 'open' || name === 'create'
          return isFile ? counted(result as OpenFile, about) : result
        }
      },
    })
  return { files: { ...counted({ ...files }) }, calls }
}

/** As an owner keeps what went wrong. */
export function failures(): { report: (failure: Failure) => void; all: Failure[] } {
  const all: Failure[] = []
  return { all, report: (failure) => void all.push(failure) }
}

/** A log whose followers have all that it has. */
export function maintained(log: PartitionLog, topic = 'orders'): MaintainedLog {
  return {
    log,
    partition: { topic, partition: 0 },
    highWatermark: () => log.logEndOffset,
    lastStableOffset: () => log.logEndOffset,
  }
}

/** Appends one record in a batch of its own, and settles when it is written. */
export async function put(
  log: PartitionLog,
  key: string,
  value: string | null,
  options: { timestamp?: number } = {},
): Promise<void> {
  appendRecord(log, key, value, options)
  await log.written()
}

/** The same without waiting for it. */
export function appendRecord(
  log: PartitionLog,
  key: string,
  value: string | null,
  { timestamp = 1_000_000 }: { timestamp?: number } = {},
): void {
  const record = {
    timestamp,
    key: Buffer.from(key),
    value: value === null ? null : Buffer.from(value),
    headers: [],
  }
  const baseOffset = log.nextOffset
  log.append([buildBatch({ records: [record], baseOffset, partitionLeaderEpoch: 1 })], timestamp)
}

export type KeyValue = { key: string; value: string; offset: number }

/** All records of a log, in order. */
export function recordsOf(log: PartitionLog): KeyValue[] {
  const records: KeyValue[] = []
  for (let offset = log.logStartOffset; offset < log.logEndOffset; ) {
    const bytes = bytesOf(log.read(offset, { maxBytes: 1_000_000 }))
    let last = offset
    for (const start of batchStarts(bytes)) {
      for (const record of readRecords(bytes, { start, budget: { remainingBytes: 1_000_000 } })) {
        const [key, value] = [record.key, record.value].map((own) =>
          Buffer.from(own ?? []).toString(),
        )
        if (record.offset >= offset)
          records.push({ key: key ?? '', value: value ?? '', offset: record.offset })
      }
      last = Math.max(last, nextOffsetOf(bytes, start))
    }
    if (last === offset) break
    offset = last
  }
  return records
}

export function turn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve))
}

/** Waits for something that is about to happen. */
export async function until(holds: () => boolean): Promise<void> {
  const begunMs = performance.now()
  while (!holds()) {
    if (performance.now() - begunMs > 15_000) throw new Error('it did not happen')
    await turn()
  }
}

/** Lets what is under way on a disk happen until a promise has settled. */
export async function settled<T>(disk: SimulatedDisk, promise: Promise<T>): Promise<T> {
  const end = () => true
  const done = promise.then(end, end)
  while ((await Promise.race([done, turn()])) !== true) disk.settle()
  return promise
}

/** The cleaner's checkpoint of a data directory that is never cut. */
export function checkpointsInMemory() {
  const offsets = new Map<string, number>()
  return {
    offsets,
    checkpointOf: (_: string, { topic }: TopicPartition) => offsets.get(topic),
    setCheckpoint: (_: string, { topic }: TopicPartition, offset: number) =>
      void offsets.set(topic, offset),
  }
}
