import { defaultLogConfig } from '../../../broker/log/log-config.ts'
import type { PartitionLog } from '../../../broker/log/partition-log.ts'
import {
  batchEndOf,
  maxTimestampOf,
  nextOffsetOf,
} from '../../../broker/protocol/records/header.ts'
import { batchAt, bytesOf, openAt, servicesOn, write } from '../../broker/log/log-support.ts'
import { seeded } from '../../support/mutate.ts'
import { Crashed } from '../disk/errors.ts'
import { orCrash } from '../disk/or-crash.ts'
import { SimulatedDisk } from '../disk/simulated-disk.ts'
import type { SyncCall } from '../disk/sync-call.ts'

const directory = '/data/orders-0'
const config = { ...defaultLogConfig, segmentBytes: 1_200, indexIntervalBytes: 150 }

/**
 * A log is flushed, gets more, and is killed while it is cut off where the flush ended. The next
 * process sees nothing behind the flushed end, writes other batches there, perhaps flushes them,
 * and loses power. What was cut off must not come back beside them.
 *
 * @param dropSyncs Plants the bug that these syncs were forgotten.
 * @returns Whether the second process found nothing to recover, and what was wrong with the third.
 */
export async function resumeLog(
  seed: number,
  dropSyncs: (sync: SyncCall) => boolean = () => false,
): Promise<{ resumed: boolean; violation: string | undefined }> {
  const random = seeded(seed * 7_919 + 3)
  const disk = new SimulatedDisk(seed)
  const files = disk.files()
  files.makeDirectory('/data')
  files.syncDirectory('/')
  const first = openAt(directory, servicesOn(files), { config })
  await append(first, { count: 1 + random(12), kind: 0 })
  await first.flush()
  // Cut off where the flush ended, or before: whoever keeps the flushed end then lowers it first.
  const ends = batchesOf(first).map((batch) => nextOffsetOf(batch, 0))
  const flushedEndOffset = random(2) === 0 ? first.logEndOffset : (ends[random(ends.length)] ?? 0)
  const kept = contentOf(first, flushedEndOffset)
  await append(first, { count: random(12), kind: 1 })
  if (random(2) === 0) await first.roll()
  disk.crashAtCall(disk.calls + 1 + random(24), { keepCache: true })
  try {
    await orCrash(first.truncateTo(flushedEndOffset))
  } catch (error) {
    if (!isCrash(error)) throw error
  }
  if (!disk.crashed) disk.crash({ keepCache: true })

  disk.dropSyncs(dropSyncs)
  const second = openAt(directory, servicesOn(disk.files()), { config, flushedEndOffset })
  const resumed = second.logEndOffset === flushedEndOffset
  if (!resumed) return { resumed, violation: undefined }
  await append(second, { count: 1 + random(12), kind: 2 })
  const isFlushed = random(2) === 0
  if (isFlushed) await second.flush()
  const written = contentOf(second)
  const { flushedEndOffset: least } = second
  disk.crash({ keepCache: false })

  const violation = violationOf(disk, { kept, written, least })
  return { resumed, violation }

  /** Batches of several sizes, so that those of one kind begin at other places than of another. */
  async function append(
    log: PartitionLog,
    { count, kind }: { count: number; kind: number },
  ): Promise<void> {
    for (let left = count; left > 0; left--) {
      const { logEndOffset } = log
      const timestamp = 1_000 + kind * 7 + logEndOffset * 10
      const valueBytes = 30 + random(3) * 60
      await write(log, [batchAt(logEndOffset, 1 + random(2), { timestamp, valueBytes })], 0)
    }
  }
}

function violationOf(
  disk: SimulatedDisk,
  { kept, written, least }: { kept: Buffer; written: Buffer; least: number },
): string | undefined {
  try {
    const options = { config, flushedEndOffset: least }
    const third = openAt(directory, servicesOn(disk.files()), options)
    const left = contentOf(third)
    if (third.logEndOffset < least) return `Lost: ${third.logEndOffset} of ${least}`
    if (left.length < kept.length) return `Lost: ${left.length} bytes of ${kept.length}`
    if (!left.equals(written.subarray(0, left.length))) return 'Foreign'
    for (const batch of batchesOf(third)) {
      const last = nextOffsetOf(batch, 0) - 1
      if (!bytesOf(third.read(last, { maxBytes: 1 })).equals(batch)) return `Index: ${last}`
      const found = third.findTimestamp(maxTimestampOf(batch, 0))?.offset
      if (found !== last) return `Times: ${found}, not ${last}`
    }
    return undefined
  } catch (error) {
    return String(error)
  }
}

function contentOf(log: PartitionLog, endOffset = log.logEndOffset): Buffer {
  return Buffer.concat(batchesOf(log).filter((batch) => nextOffsetOf(batch, 0) <= endOffset))
}

function batchesOf(log: PartitionLog): Buffer[] {
  const batches: Buffer[] = []
  for (let offset = log.logStartOffset; offset < log.logEndOffset; ) {
    const bytes = bytesOf(log.read(offset, { maxBytes: 1 }))
    batches.push(bytes.subarray(0, batchEndOf(bytes, 0)))
    offset = nextOffsetOf(bytes, 0)
  }
  return batches
}

function isCrash(error: unknown): boolean {
  return error instanceof Crashed || (error instanceof Error && error.cause instanceof Crashed)
}
