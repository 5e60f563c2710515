import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import type { FaultPlan } from './fault-plan.ts'
import { shrink } from './shrink.ts'
import { type Bug, runToy, toyPlan } from './toy.ts'

const seeds = Array.from({ length: 200 }, (_, index) => index + 1)

test('the toy keeps what it acknowledged, in 200 seeds of faults', async () => {
  const struck = new Map<string, number>()
  const startedMs = performance.now()
  let events = 0
  for (const seed of seeds) {
    const { world, failure, strikes } = await runToy(toyPlan(seed))
    expect(failure, `seed ${seed}\n${world.trace.lines.join('\n')}`).toBeUndefined()
    expect(world.nowMs, 'it came to its end').toBe(7_000)
    events += world.events
    for (const [kind, count] of strikes) {
      struck.set(kind, (struck.get(kind) ?? 0) + count.struck)
    }
  }
  const tookMs = performance.now() - startedMs
  const perSecond = Math.round((seeds.length * 1_000) / tookMs)
  const perEvent = ((tookMs * 1_000) / events).toFixed(2)
  console.log(`${perSecond} seeds/s, ${perEvent} us/event`, Object.fromEntries(struck))
  const kinds = 'crash crashAtCall cut delay jump late loss pause powerLoss write'
  expect([...struck.keys()].toSorted().join(' ')).toBe(kinds)
})

test('a seed is the same again, under both drivers, and in another process', async () => {
  const some = seeds.slice(0, 30)
  const hashes = await hashesOf(some)
  expect(new Set(hashes).size, 'seeds differ').toBe(some.length)
  expect(await hashesOf(some)).toEqual(hashes)
  expect(await hashesOf(some, { driver: 'immediates' })).toEqual(hashes)

  const script = `
    const { runToy, toyPlan } = await import('${new URL('toy.ts', import.meta.url).href}')
    for (const seed of ${JSON.stringify(some)}) {
      console.log((await runToy(toyPlan(seed))).world.trace.hash)
    }`
  const options = ['--input-type=module', '--eval', script]
  const { stdout } = await promisify(execFile)(process.execPath, options)
  expect(stdout.trim().split('\n')).toEqual(hashes)
})

test('a seed that fails is the same again, too', async () => {
  const some = seeds.slice(0, 30)
  const bug = 'repeats are new'
  const hashes = await hashesOf(some, { bug })
  expect(await hashesOf(some, { bug, driver: 'immediates' })).toEqual(hashes)
})

const bugs: Record<Bug, string> = {
  'writes while it replicates': 'Fork',
  'repeats are new': 'Twice',
  'does not look again': 'Fork',
}

test.each(Object.entries(bugs) as [Bug, string][])(
  'a mistake that is planted is found and its plan shrunk: %s',
  async (bug, invariant) => {
    const run = async (plan: FaultPlan) => (await runToy(plan, { bug })).failure
    let found: FaultPlan | undefined
    let tried = 0
    for (const seed of seeds) {
      tried++
      if ((await run(toyPlan(seed)))?.invariant === invariant) {
        found = toyPlan(seed)
        break
      }
    }
    if (found === undefined) throw new Error('not found')
    const { plan, failure, runs } = await shrink(found, run)
    console.log(
      `${bug}: ${tried} seeds, ${runs} runs, ${describe(found)} become ${describe(plan)}: ` +
        `${failure.invariant} at ${failure.atMs} ms`,
    )
    expect(failure.invariant).toBe(invariant)
    expect(sizeOf(plan)).toBeLessThanOrEqual(8)
    expect(await run(plan), 'it fails again').toMatchObject({ invariant })
  },
)

async function hashesOf(some: readonly number[], options?: Parameters<typeof runToy>[1]) {
  const hashes: string[] = []
  for (const seed of some) hashes.push((await runToy(toyPlan(seed), options)).world.trace.hash)
  return hashes
}

function describe(plan: FaultPlan): string {
  return `${sizeOf(plan)} (${[...new Set(namesOf(plan))].join(' ')})`
}

function sizeOf(plan: FaultPlan): number {
  return namesOf(plan).length
}

function namesOf({ operations, rates }: FaultPlan): string[] {
  const kinds = Object.entries(rates).filter(([, rate]) => rate > 0)
  return [...kinds.map(([kind]) => kind), ...operations.map(({ kind }) => kind)]
}
