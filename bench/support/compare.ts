import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'

/** One piece of work and the ways to do it. The first way is ours. */
export type Case = { title: string; contenders: readonly Contender[] }

/** One way of doing it. What `run` returns is kept, so that no optimiser leaves it out. */
export type Contender = { label: string; run: () => unknown }

const rounds = 11

/**
 * Times all cases of a module that exports `cases`. Each contender has a process of its own, in
 * which nobody else's garbage and nobody else's types get in its way; they are timed in turn, round
 * by round, so that a slow spell of the machine meets all.
 *
 * Prints the median of the rounds in microseconds with the spread, and how many times as fast the
 * first contender is as the best of the others: the median of the ratios within a round.
 */
export async function compare(module: string): Promise<void> {
  const { cases } = (await import(module)) as { cases: readonly Case[] }
  for (const [index, { title, contenders }] of cases.entries()) {
    const timed = contenders.map(({ label }, number) => {
      return { label, process: start(module, index, number), us: [] as number[] }
    })
    try {
      for (const { process } of timed) await timeRound(process) // warms up, and is not counted
      for (let round = 0; round < rounds; round++) {
        for (const { process, us } of timed) us.push(await timeRound(process))
      }
    } finally {
      for (const { process } of timed) process.kill()
    }
    report(title, timed)
  }
}

function start(module: string, index: number, number: number): ChildProcess {
  const args = [module, String(index), String(number)]
  return fork(join(import.meta.dirname, 'contender.ts'), args)
}

/** @returns Microseconds for one run. */
function timeRound(contender: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    const answered = (us: unknown) => {
      contender.off('exit', failed)
      resolve(us as number)
    }
    const failed = () => {
      contender.off('message', answered)
      reject(new Error('a contender has failed, see above'))
    }
    contender.once('message', answered).once('exit', failed)
    contender.send('round')
  })
}

type Timed = { label: string; us: readonly number[] }

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
