import type { Files } from '../../../lib/files.ts'
import { invariant } from '../../../lib/invariant.ts'
import { type Chance, chanceOf } from './chance.ts'
import { DirectoryNode, type View, walk } from './directory-node.ts'
import { type Fault, Faults, type Odds } from './faults.ts'
import { FileNode } from './file-node.ts'
import { filesOf } from './files-of.ts'
import { InFlight } from './in-flight.ts'
import { NameChanges } from './name-changes.ts'
import { type Disk, Process } from './process.ts'
import type { Survival } from './survival.ts'
import { type SyncCall, syncCall } from './sync-call.ts'
import { Tree } from './tree.ts'

/** The process killed (the page cache stays), or the power lost, and then what of the unsynced. */
export type Crash = { keepCache: true } | { keepCache: false; unsynced?: Survival }

export type DiskOptions = {
  /** When what was asked for with `Later` happens: on its own, or only when told to. */
  later?: 'microtask' | 'held'
  capacityBytes?: number
  odds?: Odds
}

/**
 * A disk in memory that fails on purpose, the same way for the same seed and calls. As harsh as
 * the documents of fsync, rename and write allow, which is harsher than any one file system.
 */
export class SimulatedDisk {
  readonly #disk: Disk
  readonly #chances: { crash: Chance; rot: Chance }
  #processes: Process[] = []
  #calls = 0
  #syncs = 0
  #planned: { call: number; crash: Crash } | undefined
  #isDropped: (sync: SyncCall) => boolean = () => false

  constructor(seed: number, options: DiskOptions = {}) {
    this.#chances = { crash: chanceOf(seed, 'crash'), rot: chanceOf(seed, 'rot') }
    this.#disk = {
      tree: new Tree(),
      names: new NameChanges(),
      faults: new Faults(chanceOf(seed, 'faults'), options.odds ?? {}),
      inFlight: new InFlight(options.later === 'held'),
      chance: chanceOf(seed, 'calls'),
      capacityBytes: options.capacityBytes ?? Number.POSITIVE_INFINITY,
      countCall: () => ++this.#calls === this.#planned?.call,
      crashAsPlanned: () => this.crash(this.#planned?.crash ?? { keepCache: true }),
      isDropped: (about) => this.#isDropped(syncCall({ ...about, number: ++this.#syncs })),
    }
  }

  /** The files of one more process, which lives until the next crash. */
  files(): Files {
    const process = new Process(this.#disk)
    this.#processes.push(process)
    return filesOf(process)
  }

  /** Calls that changed the disk, or crashed or failed at it, so far. */
  get calls(): number {
    return this.#calls
  }

  /** Whether no process lives: `files()` starts one. */
  get crashed(): boolean {
    return this.#processes.length === 0
  }

  /** Ends all processes, and makes of the disk what the next one finds. */
  crash(crash: Crash): void {
    for (const process of this.#processes) process.alive = false
    this.#processes = []
    this.#planned = undefined
    const { tree, names, inFlight } = this.#disk
    const chance = this.#chances.crash
    inFlight.crash(chance)
    if (crash.keepCache) return

    const survival = crash.unsynced ?? 'chance'
    names.losePower(tree.root, chance, survival)
    for (const { node } of walk(tree.root, 'durable')) {
      if (node instanceof FileNode) node.losePower(chance, survival)
    }
  }

  /** Crashes before or in the middle of a call: the how manieth that changes this disk, from 1. */
  crashAtCall(call: number, crash: Crash): void {
    invariant(call > this.#calls, 'a crash is planned for a call to come')
    this.#planned = { call, crash }
  }

  /** Lets what is in flight happen: all in order, or one. Needed only with `later: 'held'`. */
  settle(index?: number): void {
    this.#disk.inFlight.settle(index)
  }

  get inFlight(): number {
    return this.#disk.inFlight.count
  }

  /** Makes calls to come fail. */
  fail(fault: Fault): void {
    this.#disk.faults.plan(fault)
  }

  set odds(odds: Odds) {
    this.#disk.faults.odds = odds
  }

  /** All files together; more is ENOSPC. */
  set capacityBytes(bytes: number) {
    this.#disk.capacityBytes = bytes
  }

  /** Syncs of which this is true do nothing from now on and say they did. */
  dropSyncs(isDropped: (sync: SyncCall) => boolean): void {
    this.#isDropped = isDropped
  }

  /** One bit of what is durable changes by itself. */
  flipBit(path: string, at: number, bit: number = this.#chances.rot(8)): void {
    const file = this.#disk.tree.file(path, 'flipBit')
    invariant(at < file.durableBytes(), 'only what is durable can rot')
    file.flipBit(at, bit)
  }

  /** The same anywhere in the files whose path matches. @returns Where, if there was anything. */
  flipSomeBit(paths = /^/): { path: string; at: number } | undefined {
    const files = [...walk(this.#disk.tree.root, 'cached')].flatMap(({ path, node }) =>
      node instanceof FileNode && paths.test(path) && node.durableBytes() > 0
        ? [{ path, sizeBytes: node.durableBytes() }]
        : [],
    )
    if (files.length === 0) return undefined
    const file = files[this.#chances.rot(files.length)] as (typeof files)[number]
    const at = this.#chances.rot(file.sizeBytes)
    this.flipBit(file.path, at)
    return { path: file.path, at }
  }

  /** Files by path, as a process sees them; an empty directory ends in a slash. */
  snapshot(): Map<string, Uint8Array> {
    return this.#contents('cached')
  }

  /** The same if the power were lost and nothing unsynced survived. */
  durable(): Map<string, Uint8Array> {
    return this.#contents('durable')
  }

  #contents(view: View): Map<string, Uint8Array> {
    const contents = new Map<string, Uint8Array>()
    for (const { path, node } of walk(this.#disk.tree.root, view)) {
      if (node instanceof FileNode) contents.set(path, node.bytes(view))
      else if (node instanceof DirectoryNode && node[view].size === 0) {
        contents.set(`${path}/`, new Uint8Array())
      }
    }
    return contents
  }
}
