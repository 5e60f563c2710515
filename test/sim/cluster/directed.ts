import type { FaultPlan, Operation } from '../core/fault-plan.ts'
import { chanceOf } from '../disk/chance.ts'
import { brokers, client, controllers } from './hosts.ts'

/**
 * Scripts: what has to happen for one mistake to show, in its order. Who leads comes from the seed, and so
 * do the roles and the exact times: of some ten seeds one has all of it.
 */
type Road = readonly [from: string, to: string]
type Close = (fromMs: number, toMs: number, road: Road) => void

type Script = {
  readonly at: (atMs: number, kind: string, on: readonly string[], lengthMs?: number) => void
  /** Up to so many milliseconds earlier or later. */
  readonly about: (atMs: number, jitterMs: number) => number
  /** Nothing arrives from there; a controller stands for all of them. */
  readonly cut: Close
  /** The same for half of the connections. */
  readonly stall: Close
  readonly leads: string
  readonly inSync: string
  readonly joins: string
}

function script(
  seed: number,
  rates: FaultPlan['rates'],
  write: (script: Script) => void,
): FaultPlan {
  const chance = chanceOf(seed, 'script')
  const left = [...brokers]
  const [leads = '', inSync = '', joins = ''] = brokers.map(
    () => left.splice(chance(left.length), 1)[0] as string,
  )
  const operations: Operation[] = []
  const at: Script['at'] = (atMs, kind, on, lengthMs = 0) => {
    operations.push({ atMs: Math.round(atMs), kind, on, lengthMs: Math.round(lengthMs), amount: 0 })
  }
  const close =
    (kind: string) =>
    (fromMs: number, toMs: number, [from, to]: Road) => {
      const hostsOf = (end: string) => (end === 'controller' ? controllers : [end])
      for (const one of hostsOf(from)) {
        for (const other of hostsOf(to)) at(fromMs, kind, [one, other], toMs - fromMs)
      }
    }
  write({
    at,
    about: (atMs, jitterMs) => atMs - jitterMs + chance(2 * jitterMs + 1),
    cut: close('cut'),
    stall: close('stall'),
    leads,
    inSync,
    joins,
  })
  operations.sort((a, b) => a.atMs - b.atMs)
  return { seed, lengthMs: 14_000, rates, operations }
}

function producing({ at }: Script, everyMs: number, untilMs: number): void {
  for (let atMs = 1_000; atMs < untilMs; atMs += everyMs) at(atMs, 'produce', [client])
}

/** Those in sync are gone: whoever is in the ISR beside them is elected, whatever it has. */
function othersAreGone({ at, leads, inSync }: Script, atMs: number): void {
  at(atMs, 'crash', [leads], 6_000)
  at(atMs + 1, 'crash', [inSync], 6_000)
}

/**
 * A follower loses its log after its leader saw it and before it is taken in (KIP-903): the proposal
 * names an earlier process.
 */
export function takenInAsAnother(seed: number): FaultPlan {
  return script(seed, {}, (own) => {
    const { at, about, cut, leads, joins } = own
    producing(own, 40, 5_400)
    at(2_000, 'crash', [joins], 2_500)
    cut(about(4_548, 10), 5_350, [leads, 'controller'])
    const lostMs = about(4_700, 60)
    at(lostMs, 'emptyDisk', [joins], 5)
    cut(lostMs, 12_000, [joins, leads])
    cut(lostMs, 12_000, [joins, own.inSync])
    othersAreGone(own, 6_100)
  })
}

/** A follower is taken in and falls behind at once, and the leader does not hear that it was taken in. */
export function takenInUnheard(seed: number): FaultPlan {
  return takenIn(seed, 5_300, ({ about, cut, leads }) => {
    cut(about(4_550, 8), 5_600, ['controller', leads])
  })
}

/** The same, where it hears the answer or the news, and not the other. */
export function takenInHalfHeard(seed: number): FaultPlan {
  return takenIn(seed, 5_300, ({ about, stall, leads }) => {
    stall(about(4_550, 8), 5_600, ['controller', leads])
  })
}

/** The same, where the controller that took it in is gone before it could say so. */
export function takenInByOneThatIsGone(seed: number): FaultPlan {
  return takenIn(seed, 5_000, ({ at, about }) => {
    for (const controller of controllers) at(about(4_560, 10), 'crash', [controller], 10)
  })
}

function takenIn(seed: number, goneMs: number, unheard: (own: Script) => void): FaultPlan {
  return script(seed, {}, (own) => {
    const { at, about, cut, leads, inSync, joins } = own
    producing(own, 10, goneMs)
    at(2_000, 'crash', [joins], 2_500)
    const takenMs = about(4_556, 14)
    cut(takenMs, 13_000, [joins, leads])
    cut(takenMs, 13_000, [joins, inSync])
    unheard(own)
    othersAreGone(own, goneMs)
  })
}
