import type { Chance } from './chance.ts'
import type { ErrorCode } from './errors.ts'

/** What is asked of the disk. The `Later` forms count as the call they put off. */
export type Call =
  | 'list'
  | 'open'
  | 'create'
  | 'read' // and readFile
  | 'write'
  | 'truncate'
  | 'sync'
  | 'makeDirectory' // each of those it makes
  | 'rename'
  | 'remove' // and each name that removeDirectory removes
  | 'syncDirectory'

export type Fault = {
  call: Call
  /** Of the file; any without it. */
  path?: RegExp
  code?: ErrorCode
  /** How many such calls go well before. */
  after?: number
  /** How many fail then. */
  times?: number
}

/** One in how many fails with EIO, or is short; never without it. */
export type Odds = Partial<Record<Call | 'shortWrite', number>>

/** Which calls fail, on demand or by chance. */
export class Faults {
  readonly #planned: Required<Fault>[] = []
  readonly #chance: Chance
  odds: Odds

  constructor(chance: Chance, odds: Odds) {
    this.#chance = chance
    this.odds = odds
  }

  plan(fault: Fault): void {
    this.#planned.push({ path: /^/, code: 'EIO', after: 0, times: 1, ...fault })
  }

  /** The error this call ends with, if it is to fail. */
  due(call: Call, path: string): ErrorCode | undefined {
    for (const fault of this.#planned) {
      if (fault.call !== call || !fault.path.test(path)) continue
      if (fault.after > 0) fault.after--
      else if (fault.times > 0) {
        fault.times--
        return fault.code
      }
    }
    return this.happens(call) ? 'EIO' : undefined
  }

  happens(what: keyof Odds): boolean {
    const oneIn = this.odds[what]
    return oneIn !== undefined && this.#chance(oneIn) === 0
  }
}
