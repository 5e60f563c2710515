import { Crashed } from '../disk/errors.ts'

/** Why a run ended before its time. */
export type Failure = {
  /** A stable name, by which runs are compared: an invariant's, or one that is built in. */
  readonly invariant: string
  /** In words. It may differ from run to run while a plan is shrunk. */
  readonly detail: string
  readonly atMs: number
  /** With its stack, for whoever looks for the line. */
  readonly error: unknown
}

/** What ends a run without anybody having named it. */
export type BuiltIn =
  | 'Exception' // thrown by an event, or by a callback in the drain after it
  | 'UnhandledRejection'
  | 'ForeignWork' // something that no port gives: see guard.ts
  | 'Endless' // too many events

/** What must never be, seen by a checker. Thrown anywhere in a run, it ends it under its own name. */
export class Violation extends Error {
  override readonly name = 'Violation'
  readonly invariant: string

  constructor(invariant: string, detail: string) {
    super(detail)
    this.invariant = invariant
  }
}

/** Thrown by a port of a node that is dead, so that its code unwinds. It is nobody's mistake. */
export function isCrash(error: unknown): boolean {
  return error instanceof Crashed || (error instanceof Error && isCrash(error.cause))
}
