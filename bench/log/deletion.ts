import { execFileSync } from 'node:child_process'
import { dirname } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout } from 'node:timers/promises'
import { Removals } from '../../broker/log/data-directory/removals.ts'
import { realFiles } from '../../lib/real-files.ts'
import { makeDirectory } from './temporary.ts'

const mb = 2 ** 20
const shapes = {
  'one segment of 1 GiB': { segments: 1, segmentBytes: 1024 * mb },
  '1024 segments of 1 MiB': { segments: 1024, segmentBytes: mb },
}
type Shape = (typeof shapes)[keyof typeof shapes]

/** How a directory goes. @returns When it is gone. */
const ways: Record<string, (path: string) => Promise<void>> = {
  'at once': async (path) => realFiles.removeDirectory(path),
  'file by file': async (path) => {
    removals().add(path)
    // Not of itself: who lists a directory waits for who removes a file in it.
    while (realFiles.list(dirname(path)).length > 0) await setTimeout(1)
  },
}

/** What the removal of a partition that was deleted does to the event loop. */
export async function benchDeletion(): Promise<void> {
  console.log('Removing a partition of 1 GiB')
  for (const [name, shape] of Object.entries(shapes)) {
    for (const [way, run] of Object.entries(ways)) {
      for (let round = 0; round < 3; round++) await measure(`${name}, ${way}`, shape, run)
    }
  }
  console.log()
}

async function measure(
  label: string,
  shape: Shape,
  run: (path: string) => Promise<void>,
): Promise<void> {
  const directory = makeDirectory('deletion')
  try {
    const path = `${directory.path}/orders-0`
    fill(path, shape)
    const delay = monitorEventLoopDelay({ resolution: 1 })
    delay.enable()
    await setTimeout(50)
    delay.reset()
    await setTimeout(5) // it begins to count with the first turn that it sees
    const started = performance.now()
    await run(path)
    const ms = performance.now() - started
    await setTimeout(5) // so that the last turn is seen
    delay.disable()
    const longestMs = (delay.max / 1e6).toFixed(1)
    console.log(`  ${label.padEnd(40)} gone in ${ms.toFixed(0)} ms, longest turn ${longestMs} ms`)
  } finally {
    directory.remove()
  }
}

function fill(path: string, { segments, segmentBytes }: Shape): void {
  const piece = Buffer.alloc(mb, 1)
  realFiles.makeDirectory(path)
  for (let segment = 0; segment < segments; segment++) {
    const name = `${path}/${`${segment}`.padStart(20, '0')}`
    const log = realFiles.create(`${name}.log`)
    for (let at = 0; at < segmentBytes; at += mb) log.write([piece], at)
    log.close()
    for (const kind of ['index', 'timeindex', 'snapshot']) {
      const small = realFiles.create(`${name}.${kind}`)
      small.write([piece.subarray(0, 100)], 0)
      small.close()
    }
  }
  execFileSync('sync') // so that it lies on the disk
}

function removals(): Removals {
  const raise = (error: unknown) => {
    throw error
  }
  return new Removals({ files: realFiles, onProblem: raise, onFatal: raise })
}
