import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { BatchSource } from '../../../broker/log/batch-source.ts'
import { DiskPace } from '../../../broker/log/disk-pace.ts'
import { FileHandles } from '../../../broker/log/file-handles.ts'
import { defaultLogConfig, type LogConfig } from '../../../broker/log/log-config.ts'
import type { LogServices } from '../../../broker/log/log-options.ts'
import { openPartitionLog } from '../../../broker/log/open.ts'
import type { LogSlice, PartitionLog } from '../../../broker/log/partition-log.ts'
import { Tail } from '../../../broker/log/tail.ts'
import type { FrameMemory } from '../../../broker/protocol/frames/frame-memory.ts'
import { buildBatch } from '../../../broker/protocol/records/build.ts'
import { baseOffsetOf, nextOffsetOf } from '../../../broker/protocol/records/header.ts'
import { batchStarts } from '../../../broker/protocol/records/walk.ts'
import type { Files } from '../../../lib/files.ts'
import { throwUnlessCrashed } from '../../sim/disk/or-crash.ts'

/** An empty folder on the disk of this machine, which goes when the test ends. */
export function temporaryFolder(): string {
  const path = mkdtempSync(join(tmpdir(), 'kavka-log-'))
  onTestFinished(() => rmSync(path, { recursive: true }))
  return path
}

export const smallConfig: LogConfig = {
  ...defaultLogConfig,
  segmentBytes: 2_000,
  indexIntervalBytes: 200,
}

export function servicesOn(
  files: Files,
  { tailBytes = 100_000, openFiles = 8, memory = keptMemory, turn }: ServicesOptions = {},
): LogServices {
  const tail = new Tail({ maxBytes: tailBytes, memory })
  // No write takes long, however busy this machine is: when to wait is up to the simulated disk.
  const pace = new DiskPace({ monotonicMs: () => 0 })
  const handles = new FileHandles(files, { most: openFiles, turn })
  return { files, handles, tail, memory, pace, onFatal: throwUnlessCrashed }
}

type ServicesOptions = {
  tailBytes?: number
  openFiles?: number
  memory?: FrameMemory
  turn?: () => Promise<void>
}

/** Of batches in memory that is never used again. */
const keptMemory: FrameMemory = { hold() {}, release() {} }

export function openAt(
  directory: string,
  services: LogServices,
  { clean = false, flushedEndOffset = 0, logStartOffset = 0, config = smallConfig } = {},
): PartitionLog {
  const options = { directory, config, producerIdExpirationMs: 86_400_000 }
  const checkpointed = { clean, flushedEndOffset, logStartOffset, nowMs: 0 }
  return openPartitionLog(options, checkpointed, services)
}

/** Appends batches, and settles when they are written. */
export async function write(
  log: PartitionLog,
  batches: readonly Uint8Array[],
  nowMs: number,
): Promise<void> {
  log.append(batches, nowMs)
  await log.written()
}

/** A batch as a leader writes it, of records that tell their own offset. */
export function batchAt(
  baseOffset: number,
  count: number,
  { timestamp = 1_000 + baseOffset, valueBytes = 30 } = {},
): Uint8Array {
  const records = Array.from({ length: count }, (_, index) => ({
    timestamp: timestamp + index,
    key: null,
    value: Buffer.from(`${baseOffset + index}`.padEnd(valueBytes, '.')),
    headers: [],
  }))
  return buildBatch({ records, baseOffset, partitionLeaderEpoch: 3 })
}

/** The bytes of a slice, of which what lies in files is read from there. */
export function bytesOf({ parts }: LogSlice): Buffer {
  return Buffer.concat(
    parts.map((part) => {
      if (part instanceof Uint8Array) return part
      const bytes = new Uint8Array(part.byteLength)
      const count = (part.file as BatchSource).read(bytes, part.position)
      return bytes.subarray(0, count)
    }),
  )
}

/** First and next offset of each batch in a slice. */
export function rangesOf(slice: LogSlice): [number, number][] {
  const bytes = bytesOf(slice)
  return [...batchStarts(bytes)].map((start) => {
    return [baseOffsetOf(bytes, start), nextOffsetOf(bytes, start)]
  })
}
