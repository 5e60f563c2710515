import { type Chance, chanceOf } from '../disk/chance.ts'

/** Something done once, at a time: a crash, a pause, a cut; what a client does may be one as well. */
export type Operation = {
  readonly atMs: number
  readonly kind: string
  /** Hosts, mostly. */
  readonly on: readonly string[]
  /** How long it holds, where it does. */
  readonly lengthMs: number
  /** Any whole number that its kind has a use for, from 0. */
  readonly amount: number
}

/** All that is done to a run, as data: to be printed, kept, and made smaller. */
export type FaultPlan = {
  /** Of the world. */
  readonly seed: number
  /** Nothing strikes and nothing is begun after it: then it is to be seen whether all recovers. */
  readonly lengthMs: number
  /** Of kinds that strike by chance, 0 to 1. */
  readonly rates: Readonly<Record<string, number>>
  readonly operations: readonly Operation[]
}

/** What plans are made of. */
export type PlanBounds = {
  readonly lengthMs: number
  /** The highest rate of each kind. */
  readonly rates?: Readonly<Record<string, number>>
  readonly operations?: Readonly<Record<string, OperationBounds>>
}

type OperationBounds = {
  /** From 0 to so many. */
  readonly upTo: number
  /** One of these; or, for a cut, one of these roads. */
  readonly on: readonly (readonly string[])[]
  readonly lengthMs?: number
  readonly amountBelow?: number
  /** Comes whatever the seed says, so many times: the work, not a fault. */
  readonly always?: boolean
}

export function noFaults(seed: number): FaultPlan {
  return { seed, lengthMs: 0, rates: {}, operations: [] }
}

/**
 * The plan of a seed. Each kind is left out of half of all plans: some mistakes only show where
 * another fault does not come first. A kind draws from its own stream, and does not shift the others.
 */
export function planOf(seed: number, bounds: PlanBounds): FaultPlan {
  const { lengthMs } = bounds
  const rates = Object.entries(bounds.rates ?? {}).map(([kind, most]) => {
    const chance = chanceOf(seed, `plan ${kind}`)
    const rate = chance(2) === 0 ? 0 : (most * (1 + chance(100))) / 100
    return [kind, rate] as const
  })
  const operations = Object.entries(bounds.operations ?? {}).flatMap(([kind, own]) =>
    operationsOf(kind, own, { chance: chanceOf(seed, `plan ${kind}`), lengthMs }),
  )
  operations.sort((a, b) => a.atMs - b.atMs)
  return { seed, lengthMs, rates: Object.fromEntries(rates), operations }
}

function operationsOf(
  kind: string,
  { upTo, on, lengthMs: longestMs = 0, amountBelow = 1, always = false }: OperationBounds,
  { chance, lengthMs }: { chance: Chance; lengthMs: number },
): Operation[] {
  const count = always ? upTo : chance(2) === 0 ? 0 : 1 + chance(upTo)
  return Array.from({ length: count }, () => ({
    atMs: chance(lengthMs),
    kind,
    on: on[chance(on.length)] ?? [],
    lengthMs: chance(longestMs + 1),
    amount: chance(amountBelow),
  }))
}
