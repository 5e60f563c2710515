import { DiskPace } from '../../../broker/log/disk-pace.ts'
import { FileHandles } from '../../../broker/log/file-handles.ts'
import { defaultLogConfig } from '../../../broker/log/log-config.ts'
import { openPartitionLog } from '../../../broker/log/open.ts'
import type { PartitionLog } from '../../../broker/log/partition-log.ts'
import { Tail } from '../../../broker/log/tail.ts'
import { buildBatch } from '../../../broker/protocol/records/build.ts'
import { realClock } from '../../../lib/clock.ts'
import { realFiles } from '../../../lib/real-files.ts'
import { seeded } from '../../support/mutate.ts'

/** A batch of which all follows from the offset it begins at. */
export function numberedBatch(baseOffset: number): Uint8Array {
  const random = seeded(baseOffset * 7_919 + 1)
  const records = Array.from({ length: 1 + random(4) }, (_, index) => ({
    timestamp: 1_000 + baseOffset + index,
    key: null,
    value: Buffer.alloc(1 + random(600), `${baseOffset + index} `),
    headers: [],
  }))
  const partitionLeaderEpoch = Math.floor(baseOffset / 5_000)
  return buildBatch({ records, baseOffset, partitionLeaderEpoch })
}

/** A log of small segments on the disk of this machine, as after a crash. */
export function openNumbered(directory: string, flushedEndOffset: number): PartitionLog {
  const services = {
    files: realFiles,
    handles: new FileHandles(realFiles, { most: 8 }),
    tail: new Tail({ maxBytes: 0 }),
    pace: new DiskPace(realClock),
  }
  const config = { ...defaultLogConfig, segmentBytes: 50_000, indexIntervalBytes: 1_000 }
  const options = { directory, config, producerIdExpirationMs: 86_400_000 }
  const found = { clean: false, flushedEndOffset, logStartOffset: 0, nowMs: 0 }
  return openPartitionLog(options, found, services)
}
