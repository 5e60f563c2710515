/**
 * `node bench/log/compaction.ts [KEYS] [MAP_MB]`: writes a log of so many distinct keys, each tenth
 * of them twice, compacts it in as many passes as the map needs, and says what that took.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setImmediate } from 'node:timers/promises'
import { type CleanableLog, clean } from '../../broker/log/compaction/clean.ts'
import { OffsetMap } from '../../broker/log/compaction/offset-map.ts'
import { swapSegments } from '../../broker/log/compaction/swap.ts'
import { FileHandles } from '../../broker/log/file-handles.ts'
import { Segment } from '../../broker/log/segment.ts'
import { buildBatch } from '../../broker/protocol/records/build.ts'
import { realFiles } from '../../lib/real-files.ts'

const keys = Number(process.argv[2] ?? 2_000_000)
const mapBytes = Number(process.argv[3] ?? 128) * 1024 * 1024
const config = {
  segmentBytes: 128 * 1024 * 1024,
  segmentIndexBytes: 10 * 1024 * 1024,
  indexIntervalBytes: 4_096,
}
const recordsInBatch = 200

const directory = mkdtempSync(join(tmpdir(), 'kavka-bench-compaction-'))
try {
  await run()
} finally {
  rmSync(directory, { recursive: true })
}

async function run(): Promise<void> {
  const handles = new FileHandles(realFiles, { most: 16 })
  let segments = write(handles)
  const endOffset = keys + Math.floor(keys / 10)
  const before = bytesOf(segments)
  console.log(`${keys} keys in ${segments.length} segments of together ${mb(before)} MB`)
  console.log(`peak RSS after writing them: ${mb(process.resourceUsage().maxRSS * 1024)} MB`)

  const map = new OffsetMap({ sizeBytes: mapBytes, hashKey: new Uint8Array(16).fill(7) })
  let firstDirtyOffset = 0
  let passes = 0
  let recordsKept = 0
  const started = performance.now()
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  while (firstDirtyOffset < endOffset) {
    const log: CleanableLog = {
      directory,
      segments,
      firstDirtyOffset,
      firstUncleanableOffset: endOffset,
      abortedIn: () => [],
      lastRecords: () => new Map(),
      replaceSegments({ removed, added }) {
        const [bases, newBases] = [removed, added].map((list) => list.map((s) => s.baseOffset))
        for (const segment of removed as readonly Segment[]) segment.release()
        swapSegments(realFiles, directory, { removed: bases ?? [], added: newBases ?? [] })
        const fresh = added.map(({ baseOffset, state }) => segmentAt(handles, baseOffset, state))
        const index = segments.indexOf(removed[0] as Segment)
        segments = segments.toSpliced(index, removed.length, ...fresh)
      },
    }
    const cleaned = await clean(log, {
      files: realFiles,
      map,
      config,
      deleteRetentionMs: 1_000,
      nowMs: 2_000,
      isCancelled: () => false,
      pause: () => setImmediate(),
    })
    firstDirtyOffset = cleaned.firstDirtyOffset
    recordsKept = cleaned.stats.recordsKept
    passes += 1
    const { keysMapped, bytesRead, bytesWritten } = cleaned.stats
    console.log(
      `pass ${passes}: ${keysMapped} keys, ${mb(bytesRead)} MB read, ${mb(bytesWritten)} written, ` +
        `clean to ${firstDirtyOffset}`,
    )
  }
  const seconds = (performance.now() - started) / 1_000
  console.log(
    `${keys} keys, map ${mb(mapBytes)} MB (${map.capacity} keys), ${passes} passes, ` +
      `${seconds.toFixed(1)} s, peak RSS ${mb(process.resourceUsage().maxRSS * 1024)} MB, ` +
      `event loop held for ${ms(delay.max)} ms at most, ${ms(delay.percentile(99))} at 99 %, ` +
      `${mb(before)} MB became ${mb(bytesOf(segments))} MB, ${recordsKept} records left`,
  )
  if (recordsKept !== keys) throw new Error(`${recordsKept} records are left of ${keys} keys`)
}

function write(handles: FileHandles): Segment[] {
  const segments: Segment[] = []
  const repeated = Math.floor(keys / 10)
  let active: Segment | undefined
  for (let offset = 0; offset < keys + repeated; offset += recordsInBatch) {
    const count = Math.min(recordsInBatch, keys + repeated - offset)
    const records = Array.from({ length: count }, (_, index) => {
      const at = offset + index
      const key = at < keys ? at : (at - keys) * 10
      return { timestamp: 1_000, key: Buffer.from(`user-${key}`), value: Buffer.from(`v${at}`) }
    })
    const batch = buildBatch({ records, baseOffset: offset, partitionLeaderEpoch: 1 })
    if (active === undefined || active.sizeBytes + batch.length > config.segmentBytes) {
      active?.close()
      active = segmentAt(handles, offset)
      segments.push(active)
    }
    active.append([batch])
  }
  active?.close()
  return segments
}

function segmentAt(
  handles: FileHandles,
  baseOffset: number,
  state?: ConstructorParameters<typeof Segment>[2],
): Segment {
  const { indexIntervalBytes } = config
  return new Segment(
    handles,
    { directory, baseOffset, indexIntervalBytes, names: { changed: false } },
    state,
  )
}

function bytesOf(segments: readonly Segment[]): number {
  return segments.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
}

function ms(nanoseconds: number): string {
  return (nanoseconds / 1e6).toFixed(0)
}

function mb(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(0)
}
