import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BatchSource } from '../../../broker/log/batch-source.ts'
import { DiskPace } from '../../../broker/log/disk-pace.ts'
import { FileHandles } from '../../../broker/log/file-handles.ts'
import { defaultLogConfig, type LogConfig } from '../../../broker/log/log-config.ts'
import {
  decodeOffsetCheckpoint,
  type OffsetCheckpoint,
} from '../../../broker/log/offset-checkpoint.ts'
import { PartitionLog } from '../../../broker/log/partition-log.ts'
import { openLog } from '../../../broker/log/recovery.ts'
import { Tail } from '../../../broker/log/tail.ts'
import { batchEndOf, nextOffsetOf } from '../../../broker/protocol/records/header.ts'
import { batchStarts } from '../../../broker/protocol/records/walk.ts'
import { realClock } from '../../../lib/clock.ts'
import { realFiles } from '../../../lib/real-files.ts'
import type { Ending } from '../../support/kafka-logs.ts'

/** Small, so that few batches make several segments with several entries in each index. */
export const manySegments: LogConfig = {
  ...defaultLogConfig,
  segmentBytes: 3_000,
  indexIntervalBytes: 400,
}

/** Opens a log on the disk of this machine, of which nothing is in memory. */
export function openRealLog(
  directory: string,
  { clean = true, flushedEndOffset = 0, logStartOffset = 0, config = manySegments } = {},
): PartitionLog {
  const services = {
    files: realFiles,
    handles: new FileHandles(realFiles, { most: 8 }),
    tail: new Tail({ maxBytes: 0 }),
    pace: new DiskPace(realClock),
  }
  const options = { directory, config, producerIdExpirationMs: 86_400_000, nowMs: 0 }
  const opened = openLog({ ...options, clean, flushedEndOffset, logStartOffset }, services)
  return new PartitionLog(options, services, opened)
}

/** Opens a log in a data directory as Kafka left it, by what its checkpoints say. */
export function openAsKafkaLeft(data: string, topic: string, ending: Ending): PartitionLog {
  const checkpointed = (file: OffsetCheckpoint): number => {
    const offsets = decodeOffsetCheckpoint(file, readFileSync(join(data, file)))
    return offsets.find((own) => own.topic === topic && own.partition === 0)?.offset ?? 0
  }
  return openRealLog(join(data, `${topic}-0`), {
    clean: ending === 'stopped',
    flushedEndOffset: checkpointed('recovery-point-offset-checkpoint'),
    logStartOffset: checkpointed('log-start-offset-checkpoint'),
  })
}

/** All batches of a log, as a consumer gets them one fetch after the other. */
export function fetchAll(log: PartitionLog, { maxBytes = 1_000 } = {}): Uint8Array[] {
  const batches: Uint8Array[] = []
  for (let offset = log.logStartOffset; offset < log.logEndOffset; ) {
    const fetched = fetch(log, offset, maxBytes)
    if (fetched.length === 0) break
    batches.push(...fetched)
    offset = nextOffsetOf(fetched.at(-1) as Uint8Array, 0)
  }
  return batches
}

/** The batches of one fetch. */
export function fetch(log: PartitionLog, offset: number, maxBytes: number): Uint8Array[] {
  return log.read(offset, { maxBytes }).parts.flatMap((part) => {
    if (part instanceof Uint8Array) return batchesIn(part)
    const bytes = new Uint8Array(part.byteLength)
    const count = (part.file as BatchSource).read(bytes, part.position)
    return batchesIn(bytes.subarray(0, count))
  })
}

function batchesIn(bytes: Uint8Array): Uint8Array[] {
  return [...batchStarts(bytes)].map((start) => bytes.subarray(start, batchEndOf(bytes, start)))
}
