import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout } from 'node:timers/promises'
import { realFiles } from '../../broker/io/real-files.ts'
import { FileHandles } from '../../broker/log/file-handles.ts'
import { Segment } from '../../broker/log/segment.ts'
import { nextOffsetOf } from '../../broker/protocol/records/header.ts'
import { placeBatch } from '../../broker/protocol/records/patch.ts'
import { makeBatches } from './batches.ts'
import { DiskPace, HybridWriter } from './hybrid-writer.ts'
import { slowNowAndThen } from './slow-files.ts'
import { makeDirectory } from './temporary.ts'

const logs = 4
const everyMs = 4
const runMs = 9_000
const ways = [
  { label: 'always at once', mode: 'sync', sharedPace: true },
  { label: 'always Later', mode: 'later', sharedPace: true },
  { label: 'hybrid, each log for itself', mode: 'hybrid', sharedPace: false },
  { label: 'hybrid, by disk', mode: 'hybrid', sharedPace: true },
] as const

/**
 * What a disk that is slow now and then does to the event loop and to appends: 64 KB each 4 ms to
 * each of 4 logs (64 MB/s), with writes at once, through the thread pool, or by the disk's pace.
 */
export async function benchSlowDisk(): Promise<void> {
  const files = { 'a good disk': realFiles, 'a slow disk': slowNowAndThen(realFiles) }
  for (const [disk, own] of Object.entries(files)) {
    console.log(`Writing at once and later on ${disk}, ${logs} logs of 16 MB/s, ${runMs / 1_000} s`)
    for (const way of ways) await run(own, way)
  }
  console.log()
}

async function run(
  files: typeof realFiles,
  { label, mode, sharedPace }: (typeof ways)[number],
): Promise<void> {
  const directory = makeDirectory('slow-disk')
  const handles = new FileHandles(files, { most: 100 })
  const pace = new DiskPace()
  try {
    const writers = Array.from({ length: logs }, (_, index) => {
      const path = `${directory.path}/t-${index}`
      realFiles.makeDirectory(path)
      const options = { directory: path, baseOffset: 0, indexIntervalBytes: 4_096 }
      const segment = new Segment(handles, options)
      return new HybridWriter(segment, mode, sharedPace ? pace : new DiskPace())
    })
    report(label, await load(writers), laterPercent(writers))
  } finally {
    directory.remove()
  }
}

type Measured = { loop: { p99: number; max: number }; latencies: number[]; cpuMs: number }

/** Each batch counts from when it was due, so that a stall is felt by all that it holds up. */
async function load(writers: readonly HybridWriter[]): Promise<Measured> {
  const pools = writers.map(() => makeBatches({ sizeBytes: 65_536, totalBytes: 16 * 1024 * 1024 }))
  const latencies: number[] = []
  const delay = monitorEventLoopDelay({ resolution: 1 })
  const beginMs = performance.now()
  const warmUpMs = 1_500
  let offset = 0
  let before = process.cpuUsage()
  for (let turn = 0; turn * everyMs < runMs + warmUpMs; ) {
    const passedMs = performance.now() - beginMs
    if (turn * everyMs > passedMs) {
      await setTimeout(1)
      continue
    }
    const isWarm = turn * everyMs >= warmUpMs
    if (isWarm && delay.enable()) before = process.cpuUsage()
    const dueMs = beginMs + turn * everyMs
    for (const [index, writer] of writers.entries()) {
      const pool = pools[index] as Uint8Array[]
      const batch = pool[turn % pool.length] as Uint8Array
      placeBatch(batch, 0, { baseOffset: offset, partitionLeaderEpoch: 1 })
      writer.append([batch], () => {
        if (isWarm) latencies.push(performance.now() - dueMs)
      })
    }
    offset = nextOffsetOf(pools[0]?.[turn % 16] as Uint8Array, 0)
    turn += 1
  }
  const { user, system } = process.cpuUsage(before)
  delay.disable()
  await setTimeout(200) // for those under way
  const loop = { p99: delay.percentile(99) / 1e6, max: delay.max / 1e6 }
  return { loop, latencies, cpuMs: (user + system) / 1_000 }
}

function laterPercent(writers: readonly HybridWriter[]): number {
  const later = writers.reduce((sum, { counts }) => sum + counts.later, 0)
  const atOnce = writers.reduce((sum, { counts }) => sum + counts.atOnce, 0)
  return (later / (later + atOnce)) * 100
}

function report(label: string, { loop, latencies, cpuMs }: Measured, later: number): void {
  const sorted = latencies.toSorted((a, b) => a - b)
  const at = (part: number) => (sorted[Math.floor((sorted.length - 1) * part)] ?? 0).toFixed(2)
  console.log(
    `  ${label.padEnd(28)} event loop held ${loop.p99.toFixed(1)} ms at 99 %, ` +
      `${loop.max.toFixed(0)} at most; append ${at(0.5)} ms at 50 %, ${at(0.99)} at 99 %, ` +
      `${at(1)} at most; CPU ${((cpuMs / runMs) * 100).toFixed(0)} %, ` +
      `${later.toFixed(0)} % of the batches Later`,
  )
}
