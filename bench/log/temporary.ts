import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DiskPace } from '../../broker/log/disk-pace.ts'
import { FileHandles } from '../../broker/log/file-handles.ts'
import { defaultLogConfig } from '../../broker/log/log-config.ts'
import type { LogServices } from '../../broker/log/log-options.ts'
import { PartitionLog } from '../../broker/log/partition-log.ts'
import { Tail } from '../../broker/log/tail.ts'
import { realClock } from '../../lib/clock.ts'
import type { Files } from '../../lib/files.ts'
import { realFiles } from '../../lib/real-files.ts'

/** A directory on the disk of this machine, until it is removed. */
export function makeDirectory(name: string): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), `kavka-bench-${name}-`))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

export function servicesOf({
  files = realFiles,
  tailBytes,
}: {
  files?: Files
  tailBytes: number
}): LogServices {
  return {
    files,
    handles: new FileHandles(files, { most: 1_000 }),
    tail: new Tail({ maxBytes: tailBytes }),
    pace: new DiskPace(realClock),
  }
}

/** With Kafka's defaults. */
export function newLog(directory: string, services: LogServices): PartitionLog {
  return new PartitionLog(logOptions(directory), services)
}

export function logOptions(directory: string) {
  return { directory, config: defaultLogConfig, producerIdExpirationMs: 86_400_000 }
}
