import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** One way of doing a piece of work. What it returns is kept alive, so that none is left out. */
export type Contender = { label: string; run: () => unknown }

type Figures = { label: string; medianUs: number; minUs: number; maxUs: number }

const rounds = 11
const roundMs = 60

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as (options: { type: 'minor' }) => void

/**
 * Times each contender in turn, round by round, so that a slow spell of the machine meets all.
 * Prints the median of the rounds in microseconds with the spread, and how the first contender
 * stands to the best of the others.
 */
export async function compare(title: string, contenders: readonly Contender[]): Promise<void> {
  const timed = []
  for (const contender of contenders) {
    timed.push({ ...contender, runs: await calibrate(contender), us: [] as number[] })
  }
  for (let round = 0; round < rounds; round++) {
    for (const { run, runs, us } of timed) us.push((await time(run, runs)) / runs)
  }
  report(
    title,
    timed.map(({ label, us }) => figuresOf(label, us)),
  )
}

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

function figuresOf(label: string, us: readonly number[]): Figures {
  const sorted = us.toSorted((a, b) => a - b)
  const at = (index: number) => sorted[index] ?? Number.NaN
  return { label, medianUs: at(sorted.length >> 1), minUs: at(0), maxUs: at(sorted.length - 1) }
}

function report(title: string, [first, ...others]: readonly Figures[]) {
  console.log(title)
  for (const { label, medianUs, minUs, maxUs } of first === undefined ? [] : [first, ...others]) {
    const spread = `${show(minUs)} to ${show(maxUs)}`
    console.log(`  ${label.padEnd(20)} ${show(medianUs).padStart(9)} us   (${spread})`)
  }
  const best = Math.min(...others.map(({ medianUs }) => medianUs))
  if (first !== undefined && others.length > 0) {
    console.log(`  ${first.label} is ${(best / first.medianUs).toFixed(1)} times as fast`)
  }
  console.log()
}

function show(us: number): string {
  return us >= 100 ? us.toFixed(0) : us.toPrecision(3)
}
