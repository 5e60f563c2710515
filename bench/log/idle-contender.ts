/** Lets one broker live with partitions of which nothing is asked: see `idle.ts`. */
import { mkdirSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import type { DataDirectory } from '../../broker/log/data-directory/data-directory.ts'
import { appendAsLeader } from '../../broker/log/leader-append.ts'
import { makeBatches, resetBatches } from './batches.ts'
import { batchBytes, empty, openDirectory, partitionsOf, written } from './idle.ts'

const [what = '', path = ''] = process.argv.slice(2)
const lives: Record<string, () => Promise<void>> = {
  untouched,
  touched,
  killed,
  empty: neverWritten,
}
await lives[what]?.()

async function untouched(): Promise<void> {
  const { taken: directory, ...opened } = await measured(written, () => openDirectory(path))
  check(directory, { clean: true })
  const { ms } = await timed(() => directory.stop({ brokerEpoch: 1 }))
  console.log(`  clean start ${opened.text}; stop of all, untouched: ${seconds(ms)}`)
}

async function touched(): Promise<void> {
  const directory = await openDirectory(path)
  check(directory, { clean: true })
  const batches = makeBatches({ sizeBytes: batchBytes, totalBytes: batchBytes })
  const appended = await timed(async () => {
    for (const own of partitionsOf(written)) {
      resetBatches(batches)
      appendAsLeader(directory.open(own), batches, { leaderEpoch: 1, nowMs: 1_000 })
    }
  })
  const { ms, cpu } = await timed(() => directory.stop({ brokerEpoch: 1 }))
  console.log(
    `  a batch to each: ${seconds(appended.ms)}; stop of all, touched: ${seconds(ms)}, ${cpu}`,
  )
}

/** Leaves no marker of a clean stop. */
async function killed(): Promise<void> {
  const { taken: directory, text } = await measured(written, () => openDirectory(path))
  console.log(`  ${directory.lastStop.clean ? 'clean' : 'unclean'} start ${text}`)
  check(directory, {})
}

async function neverWritten(): Promise<void> {
  mkdirSync(path, { recursive: true })
  const directory = await openDirectory(path)
  const { text } = await measured(empty, async () => {
    for (const own of partitionsOf(empty)) directory.open(own)
  })
  const { ms } = await timed(() => directory.stop({ brokerEpoch: 1 }))
  console.log(`  ${empty} without an append: ${text}; stop ${seconds(ms)}`)
}

function check(directory: DataDirectory, { clean }: { clean?: boolean }): void {
  if (clean !== undefined && directory.lastStop.clean !== clean) throw new Error('not a clean stop')
  const found = [...directory.partitions()].length
  if (found !== written || directory.offline().length > 0) throw new Error(`${found} are there`)
}

/** What something takes, with what stays of it in memory for each of `count`. */
async function measured<T>(
  count: number,
  act: () => Promise<T>,
): Promise<{ taken: T; text: string }> {
  const before = await memory()
  const { ms, taken, cpu } = await timed(act)
  const after = await memory()
  const each = (bytes: number) => (bytes / count / 1_024).toFixed(2)
  const heap = each(after.heap - before.heap)
  const rss = each(after.rss - before.rss)
  return { taken, text: `${seconds(ms)}, ${cpu}, each ${heap} KB of heap, ${rss} KB of RSS` }
}

async function timed<T>(act: () => Promise<T>): Promise<{ ms: number; taken: T; cpu: string }> {
  const before = process.cpuUsage()
  const started = performance.now()
  const taken = await act()
  const ms = performance.now() - started
  const { user, system } = process.cpuUsage(before)
  return { ms, taken, cpu: `${(user / 1e6).toFixed(2)} + ${(system / 1e6).toFixed(2)} s of CPU` }
}

async function memory(): Promise<{ heap: number; rss: number }> {
  for (let turn = 0; turn < 3; turn++) {
    gc?.()
    await setTimeout(20)
  }
  const { heapUsed, external, rss } = process.memoryUsage()
  return { heap: heapUsed + external, rss }
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(2)} s`
}
