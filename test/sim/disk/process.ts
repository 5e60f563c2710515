import type { Chance } from './chance.ts'
import { Crashed, type ErrorCode, systemError } from './errors.ts'
import type { Call, Faults } from './faults.ts'
import type { InFlight } from './in-flight.ts'
import type { NameChanges } from './name-changes.ts'
import type { SyncCall } from './sync-call.ts'
import type { Tree } from './tree.ts'

/** What is under the files of every process: the disk itself, and what is planned for it. */
export type Disk = {
  readonly tree: Tree
  readonly names: NameChanges
  readonly faults: Faults
  readonly inFlight: InFlight
  /** How far a call came that was cut short, and what else may be one way or another. */
  readonly chance: Chance
  capacityBytes: number
  /** Counts one call that changes the disk. @returns Whether it is the one to crash at. */
  countCall(): boolean
  crashAsPlanned(): void
  /** Counts a sync. @returns Whether it is taken away. */
  isDropped(about: Pick<SyncCall, 'call' | 'path'>): boolean
}

/** What a call does; how far it came where the process crashes meanwhile, and where it fails. */
type Effect<T> = { whole: () => T; crashed?: () => void; failed?: () => void }

/** One incarnation: the gate through which all its calls go. */
export class Process {
  alive = true
  readonly disk: Disk

  constructor(disk: Disk) {
    this.disk = disk
  }

  /** A call that changes nothing. */
  look<T>(call: Call, path: string, run: () => T): T {
    this.checkAlive()
    throwIfSet(this.disk.faults.due(call, path), { call, path })
    return run()
  }

  /** A call that changes the disk. */
  change<T>(call: Call, path: string, { whole, crashed, failed }: Effect<T>): T {
    this.checkAlive()
    if (this.disk.countCall()) {
      if (this.disk.chance(2) === 0) crashed?.()
      this.disk.crashAsPlanned()
      throw new Crashed()
    }
    const code = this.disk.faults.due(call, path)
    if (code !== undefined) failed?.()
    throwIfSet(code, { call, path })
    return whole()
  }

  /** The same after a while; of a dead process never. A new promise each, or they would leak. */
  changeLater<T>(call: Call, path: string, { whole, crashed, failed }: Effect<T>): Promise<T> {
    if (!this.alive) return new Promise(() => {})
    const crashes = this.disk.countCall()
    const code = crashes ? undefined : this.disk.faults.due(call, path)
    const settled = this.disk.inFlight.start(
      () => {
        if (code !== undefined) failed?.()
        throwIfSet(code, { call, path })
        return whole()
      },
      () => crashed?.(),
    )
    if (crashes) this.disk.crashAsPlanned()
    return settled
  }

  lookLater<T>(call: Call, path: string, run: () => T): Promise<T> {
    if (!this.alive) return new Promise(() => {})
    const code = this.disk.faults.due(call, path)
    return this.disk.inFlight.start(
      () => {
        throwIfSet(code, { call, path })
        return run()
      },
      () => {},
    )
  }

  checkAlive(): void {
    if (!this.alive) throw new Crashed()
  }
}

function throwIfSet(code: ErrorCode | undefined, about: { call: string; path: string }): void {
  if (code !== undefined) throw systemError(code, about)
}
