/** The process of one contender: times a round whenever it is asked to. See `compare.ts`. */
import { on } from 'node:events'
import type { Case } from './compare.ts'

const roundMs = 60
/** The compilers need some rounds to get to what they will keep. */
const warmUpMs = 600

const [module = '', index = '', number = ''] = process.argv.slice(2)
const { cases } = (await import(module)) as { cases: readonly Case[] }
const run = cases[Number(index)]?.contenders[Number(number)]?.run
if (run === undefined) throw new Error(`no contender ${number} of case ${index} in ${module}`)

/** Warms up. @returns How many runs fill a round. */
async function calibrate(): Promise<number> {
  let count = 1
  let spentMs = 0
  for (;;) {
    const ms = await time(count)
    spentMs += ms
    if (spentMs > warmUpMs) return Math.max(1, Math.round((count * roundMs) / ms))
    if (ms < roundMs) count *= 2
  }
}

/** @returns Milliseconds. */
async function time(count: number): Promise<number> {
  const start = performance.now()
  for (let left = count; left > 0; left--) {
    const result = run?.()
    kept[0] = result instanceof Promise ? await result : result
  }
  return performance.now() - start
}

/** Where results go, so that no optimiser can tell that nobody looks at them. */
const kept: unknown[] = []

let runs: number | undefined
for await (const _ of on(process, 'message')) {
  runs ??= await calibrate()
  process.send?.(((await time(runs)) * 1000) / runs)
}
