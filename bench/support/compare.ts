import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** One way of doing a piece of work. What it returns is kept alive, so that none is left out. */
export type Contender = { label: string; run: () => unknown }

const rounds = 11
const roundMs = 60

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as (options: { type: 'minor' }) => void

/**
 * Times each contender in turn, round by round, so that a slow spell of the machine meets all.
 * Prints the median of the rounds in microseconds with the spread, and how many times as fast the
 * first contender is as the best of the others: the median of the ratios within a round.
 */
export async function compare(title: string, contenders: readonly Contender[]): Promise<void> {
  const timed: Timed[] = []
  for (const contender of contenders) {
    timed.push({ ...contender, runs: await calibrate(contender), us: [] })
  }
  for (let round = 0; round < rounds; round++) {
    for (const { run, runs, us } of timed) us.push((await time(run, runs)) / runs)
  }
  report(title, timed)
}

type Timed = Contender & { runs: number; us: number[] }

/** Warms up. @returns How many runs fill a round. */
async function calibrate({ run }: Contender): Promise<number> {
  let runs = 1
  for (;;) {
    const us = await time(run, runs)
    if (us > roundMs * 1000) return Math.max(1, Math.round((runs * roundMs * 1000) / us))
    runs *= us < roundMs * 100 ? 8 : 2
  }
}

async function time(run: () => unknown, runs: number): Promise<number> {
  collectGarbage({ type: 'minor' }) // nobody pays for what another left behind
  const start = performance.now()
  for (let index = 0; index < runs; index++) {
    const result = run()
    if (result instanceof Promise) await result
    kept[0] = result
  }
  return (performance.now() - start) * 1000
}

/** Where results go, so that no optimiser can tell that nobody looks at them. */
const kept: unknown[] = []

function report(title: string, timed: readonly Timed[]) {
  console.log(title)
  for (const { label, us } of timed) {
    const spread = `${show(Math.min(...us))} to ${show(Math.max(...us))}`
    console.log(`  ${label.padEnd(20)} ${show(median(us)).padStart(9)} us   (${spread})`)
  }
  const [first, ...others] = timed
  if (first !== undefined && others.length > 0) {
    const ratios = first.us.map((us, round) => {
      return Math.min(...others.map((other) => other.us[round] ?? Number.NaN)) / us
    })
    console.log(`  ${first.label} is ${median(ratios).toFixed(1)} times as fast as the next`)
  }
  console.log()
}

export function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN
}

function show(us: number): string {
  return us >= 100 ? us.toFixed(0) : us.toPrecision(3)
}
