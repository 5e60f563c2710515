import type { Failure } from './failure.ts'
import type { FaultPlan } from './fault-plan.ts'

export type Shrunk<P extends FaultPlan> = {
  readonly plan: P
  /** Of the last run that failed, so of `plan`. */
  readonly failure: Failure
  readonly runs: number
}

/**
 * The smallest plan that is found by which the same invariant breaks: kinds of faults are left out,
 * operations dropped, everything shortened, until nothing can be any more.
 *
 * @param run Runs a plan in a new world. It is called 10 to 100 times.
 * @param maxRuns After so many the smallest so far has to do.
 * @throws {Error} The plan does not fail at all.
 */
export async function shrink<P extends FaultPlan>(
  plan: P,
  run: (plan: P) => Promise<Failure | undefined>,
  { maxRuns = 300 }: { maxRuns?: number } = {},
): Promise<Shrunk<P>> {
  const failure = await run(plan)
  if (failure === undefined) throw new Error(`the plan of seed ${plan.seed} does not fail`)
  const shrunk = { plan, failure, runs: 1 }
  for (;;) {
    const before = shrunk.plan
    for (const kind of Object.keys(shrunk.plan.rates)) await attempt(without(shrunk.plan, kind))
    await dropOperations()
    const { plan: smaller, failure: last } = shrunk
    const lengthMs = Math.min(smaller.lengthMs, Math.ceil(last.atMs))
    await attempt({ ...smaller, lengthMs })
    await shortenOperations()
    if (shrunk.plan === before || shrunk.runs >= maxRuns) return shrunk
  }

  /** In pieces, from large to single ones. */
  async function dropOperations(): Promise<void> {
    for (let size = shrunk.plan.operations.length; size >= 1; size = Math.floor(size / 2)) {
      for (let at = 0; at < shrunk.plan.operations.length; ) {
        const operations = shrunk.plan.operations.toSpliced(at, size)
        const isSmaller = await attempt({ ...shrunk.plan, operations })
        if (!isSmaller) at += size
      }
    }
  }

  async function shortenOperations(): Promise<void> {
    for (const [index, operation] of shrunk.plan.operations.entries()) {
      const shorter = [0, Math.floor(operation.lengthMs / 2)]
      for (const lengthMs of shorter.filter((ms) => ms < operation.lengthMs)) {
        const operations = shrunk.plan.operations.with(index, { ...operation, lengthMs })
        if (await attempt({ ...shrunk.plan, operations })) break
      }
    }
  }

  /** The name of the invariant is compared, never the words: those change with the plan. */
  async function attempt(smaller: P): Promise<boolean> {
    const isSame = JSON.stringify(smaller) === JSON.stringify(shrunk.plan)
    if (isSame || shrunk.runs >= maxRuns) return false
    shrunk.runs++
    const found = await run(smaller)
    if (found?.invariant !== failure?.invariant) return false
    shrunk.plan = smaller
    shrunk.failure = found as Failure
    return true
  }
}

function without<P extends FaultPlan>(plan: P, kind: string): P {
  return { ...plan, rates: { ...plan.rates, [kind]: 0 } }
}
