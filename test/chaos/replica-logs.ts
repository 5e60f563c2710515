import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { baseOffsetOf } from '../../broker/protocol/records/header.ts'
import { readRecords } from '../../broker/protocol/records/read.ts'
import { batchStarts } from '../../broker/protocol/records/walk.ts'
import type { RunningKavka } from '../support/kavka.ts'

/** All batches of a replica, from its files: segments may begin at other offsets elsewhere. */
export function bytesOfReplica(
  kavka: Pick<RunningKavka, 'brokerFolder'>,
  { broker, topic, partition }: { broker: number; topic: string; partition: number },
): Buffer {
  const folder = join(kavka.brokerFolder(broker), 'data', `${topic}-${partition}`)
  const segments = readdirSync(folder).filter((name) => name.endsWith('.log'))
  return Buffer.concat(segments.toSorted().map((name) => readFileSync(join(folder, name))))
}

/** By offset. */
export function valuesIn(bytes: Buffer): Map<number, string> {
  const values = new Map<number, string>()
  for (const start of batchStarts(bytes)) {
    let offset = baseOffsetOf(bytes, start)
    for (const { value } of readRecords(bytes, { start, budget: { remainingBytes: 1e9 } })) {
      values.set(offset++, Buffer.from(value ?? []).toString())
    }
  }
  return values
}
