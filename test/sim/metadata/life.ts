import { imageDigest } from '../../../broker/metadata/image-digest.ts'
import { type MetadataState, positionOf } from '../../../broker/metadata/position.ts'
import type { Clock } from '../../../lib/clock.ts'
import { DirectoryStore } from '../../../operator/controller/store/directory-store.ts'
import { StoreError } from '../../../operator/controller/store/store-error.ts'
import { MetadataHistory } from '../../support/metadata-history.ts'
import { Crashed } from '../disk/errors.ts'
import { type Crash, SimulatedDisk } from '../disk/simulated-disk.ts'
import type { SyncCall } from '../disk/sync-call.ts'

/** One append of a life, or what is done beside it. */
const script = 'aaasaaSaaasSaaaa' // a: append; s: snapshot; S: snapshot, and appends meanwhile

export const directory = '/data/metadata'

/** Turns and time without the event loop: all that happens is on the disk. */
export const idleClock: Clock = {
  nowMs: () => 1_700_000_000_000,
  monotonicMs: () => 0,
  timer: () => ({ cancel() {} }),
  turn: () => Promise.resolve(),
}

export function newDisk(seed: number): SimulatedDisk {
  const disk = new SimulatedDisk(seed)
  const files = disk.files()
  files.makeDirectory('/data')
  files.syncDirectory('/')
  return disk
}

export function storeOn(disk: SimulatedDisk): DirectoryStore {
  return new DirectoryStore({
    files: disk.files(),
    clock: idleClock,
    directory,
    newClusterId: 'sim',
    lock: () => Promise.resolve({ release() {} }),
  })
}

/** A controller and its store, and what was promised to it. */
export class Life {
  readonly #disk: SimulatedDisk
  readonly #history: MetadataHistory
  /** After the last append that was acknowledged; of the log before the first. */
  acknowledged: MetadataState | undefined
  /** After the append whose outcome was never told. */
  inFlight: MetadataState | undefined

  constructor(disk: SimulatedDisk, seed: number) {
    this.#disk = disk
    this.#history = new MetadataHistory(seed)
  }

  /** Runs the script, until its end or a crash. */
  async run(): Promise<void> {
    const life = { isOver: false, failure: undefined as Error | undefined }
    this.#live()
      .catch((error: Error) => {
        if (!(error instanceof Crashed)) life.failure = error
      })
      .finally(() => {
        life.isOver = true
      })
    // What a crashed process waits for never comes.
    while (!life.isOver && !this.#disk.crashed) {
      await new Promise((resolve) => void setImmediate(resolve))
    }
    if (life.failure !== undefined) throw life.failure
  }

  /** Opens the log again, and checks that it holds what it must. */
  async reopen(): Promise<{ store: DirectoryStore; state: MetadataState }> {
    const store = storeOn(this.#disk)
    const { state } = await store.open()
    const may = [this.acknowledged, this.inFlight].filter((state) => state !== undefined)
    if (may.length > 0 && !may.some((one) => sameState(one, state))) {
      const offsets = may.map(({ offset }) => offset).join(' or ')
      throw new Error(`the log ends at offset ${state.offset}, expected ${offsets}`)
    }
    this.acknowledged = state
    this.inFlight = undefined
    return { store, state }
  }

  async #live(): Promise<void> {
    const store = storeOn(this.#disk)
    await this.#open(store)
    for (const step of script) {
      if (step === 'a') await this.append(store)
      else if (step === 's') await this.snapshot(store)
      else {
        const appends = async () => {
          await this.append(store)
          await this.append(store)
        }
        await Promise.all([this.snapshot(store), appends()])
      }
    }
  }

  async #open(store: DirectoryStore): Promise<void> {
    const { state } = await store.open()
    this.acknowledged = state
    this.inFlight = undefined
    this.#history.image = state.image
    this.#history.offset = state.offset
  }

  /** One append. What the store says has failed must not be there; where it cannot say, it is asked. */
  async append(store: DirectoryStore): Promise<void> {
    const before = this.acknowledged as MetadataState
    this.#history.image = before.image
    this.#history.offset = before.offset
    const records = this.#history.next()
    this.inFlight = { image: this.#history.image, offset: this.#history.offset }
    try {
      const appended = await store.append(positionOf(before), records)
      if (appended.type === 'superseded') throw new Error('superseded by nobody')
      this.acknowledged = this.inFlight
      this.inFlight = undefined
    } catch (error) {
      if (!(error instanceof StoreError)) throw error
      if (error.problem === 'NotAppended') this.inFlight = undefined
      else await this.#askAgain(store)
    }
  }

  async snapshot(store: DirectoryStore): Promise<void> {
    const state = this.acknowledged as MetadataState
    try {
      await store.snapshot(positionOf(state), state.image)
    } catch (error) {
      if (!(error instanceof StoreError)) throw error
      // Where it is offline the next append says so too, and asks.
    }
  }

  async #askAgain(store: DirectoryStore): Promise<void> {
    const may = [this.acknowledged, this.inFlight]
    await this.#open(store)
    const state = this.acknowledged as MetadataState
    if (!may.some((one) => one !== undefined && sameState(one, state))) {
      throw new Error(`opened again the log ends at offset ${state.offset}`)
    }
  }
}

function sameState(a: MetadataState, b: MetadataState): boolean {
  return a.offset === b.offset && imageDigest(a.image) === imageDigest(b.image)
}

/**
 * A life that crashes, and what comes after: what was opened must stay so though the power is lost
 * at once (every other seed), and the log must go on.
 *
 * @returns What was wrong.
 */
export async function crashAt(
  call: number,
  crash: Crash,
  seed: number,
  prepare: (disk: SimulatedDisk) => void = () => {},
): Promise<string | undefined> {
  const disk = newDisk(seed)
  disk.crashAtCall(disk.calls + call, crash)
  prepare(disk)
  const life = new Life(disk, 1)
  try {
    await life.run()
    if (!disk.crashed) disk.crash(crash)
    let { store } = await life.reopen()
    if (seed % 2 === 0) {
      disk.crash({ keepCache: false, unsynced: 'nothing' })
      store = (await life.reopen()).store
    }
    for (let left = 3; left > 0; left--) await life.append(store)
    disk.crash({ keepCache: false })
    store = (await life.reopen()).store
    await life.snapshot(store)
    await life.append(store)
    disk.crash({ keepCache: false })
    await life.reopen()
    return undefined
  } catch (error) {
    return String(error)
  }
}

/** How many calls that change the disk a whole life makes. */
export async function callsOfALife(): Promise<number> {
  const disk = newDisk(1)
  const before = disk.calls
  await new Life(disk, 1).run()
  return disk.calls - before
}

/** Where in the code a sync is asked for, and of what: `sync .log in MetadataLogFiles.append`. */
export function placeOf({ call, path, callers }: SyncCall): string {
  const what =
    call === 'sync' ? (/\.[a-z]+$/.exec(path.replace(/\.log\.part$/, '.log'))?.[0] ?? path) : path
  const named = callers.map((caller) => caller.split(' ')[0] as string)
  const where = named.find((name) => /^[A-Za-z]+(\.#?[A-Za-z]+)?$/.test(name) && !doors.has(name))
  return `${call} ${what} in ${where}`
}

const doors = new Set(['writeFile', 'MetadataLogFiles.#syncDirectory', 'MetadataLogFiles.#syncing'])
