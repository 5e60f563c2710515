import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout } from 'node:timers/promises'
import { DiskPace } from '../../broker/log/disk-pace.ts'
import type { PartitionLog } from '../../broker/log/partition-log.ts'
import { placeBatch } from '../../broker/protocol/records/patch.ts'
import { realClock } from '../../lib/clock.ts'
import { realFiles } from '../../lib/real-files.ts'
import { makeBatches } from './batches.ts'
import { slowNowAndThen } from './slow-files.ts'
import { makeDirectory, newLog, servicesOf } from './temporary.ts'

const logs = 4
const everyMs = 4
const runMs = 9_000
/** What a log asks of the pace of its disk, and is told. */
const ways = {
  'always at once': () => paceThatIs(false),
  'always later': () => paceThatIs(true),
  'as the disk is': () => new DiskPace(realClock),
}

function paceThatIs(isSlow: boolean): DiskPace {
  return Object.create(new DiskPace(realClock), { isSlow: { value: isSlow } }) as DiskPace
}

/**
 * What a disk that is slow now and then does to the event loop and to appends: 64 KB each 4 ms to
 * each of 4 logs (64 MB/s), with writes at once, through the thread pool, or as the disk is.
 */
export async function benchSlowDisk(): Promise<void> {
  const files = { 'a good disk': realFiles, 'a slow disk': slowNowAndThen(realFiles) }
  for (const [disk, own] of Object.entries(files)) {
    console.log(`Writing at once and later on ${disk}, ${logs} logs of 16 MB/s, ${runMs / 1_000} s`)
    for (const [label, paceOf] of Object.entries(ways)) await run(own, label, paceOf())
  }
  console.log()
}

async function run(files: typeof realFiles, label: string, pace: DiskPace): Promise<void> {
  const directory = makeDirectory('slow-disk')
  try {
    const services = { ...servicesOf({ files, tailBytes: 16 * 1024 * 1024 }), pace }
    const writers = Array.from({ length: logs }, (_, index) => {
      return new Writer(newLog(`${directory.path}/t-${index}`, services))
    })
    report(label, await load(writers), laterPercent(writers))
  } finally {
    directory.remove()
  }
}

/** Waits for its batches in the order in which they were appended. */
class Writer {
  readonly counts = { atOnce: 0, later: 0 }
  private readonly log: PartitionLog
  private readonly waiting: { offset: number; done: () => void }[] = []

  constructor(log: PartitionLog) {
    this.log = log
    log.listener = { written: () => this.told(), failed: (problem) => console.error(problem) }
  }

  get nextOffset(): number {
    return this.log.nextOffset
  }

  append(batch: Uint8Array, done: () => void): void {
    this.log.append([batch], 0)
    const isWritten = this.log.logEndOffset === this.log.nextOffset
    this.counts[isWritten ? 'atOnce' : 'later'] += 1
    if (isWritten) done()
    else this.waiting.push({ offset: this.log.nextOffset, done })
  }

  private told(): void {
    while ((this.waiting[0]?.offset ?? Number.POSITIVE_INFINITY) <= this.log.logEndOffset) {
      this.waiting.shift()?.done()
    }
  }
}

type Measured = { loop: { p99: number; max: number }; latencies: number[]; cpuMs: number }

/** Each batch counts from when it was due, so that a stall is felt by all that it holds up. */
async function load(writers: readonly Writer[]): Promise<Measured> {
  const pools = writers.map(() => makeBatches({ sizeBytes: 65_536, totalBytes: 16 * 1024 * 1024 }))
  const latencies: number[] = []
  const delay = monitorEventLoopDelay({ resolution: 1 })
  const beginMs = performance.now()
  const warmUpMs = 1_500
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
      placeBatch(batch, 0, { baseOffset: writer.nextOffset, partitionLeaderEpoch: 1 })
      writer.append(batch, () => {
        if (isWarm) latencies.push(performance.now() - dueMs)
      })
    }
    turn += 1
  }
  const { user, system } = process.cpuUsage(before)
  delay.disable()
  await setTimeout(200) // for those under way
  const loop = { p99: delay.percentile(99) / 1e6, max: delay.max / 1e6 }
  return { loop, latencies, cpuMs: (user + system) / 1_000 }
}

function laterPercent(writers: readonly Writer[]): number {
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
      `${later.toFixed(0)} % of the batches later`,
  )
}
