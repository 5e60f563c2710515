import type { Chance } from './chance.ts'
import { Content } from './content.ts'
import { type Change, type Survival, surviving } from './survival.ts'

/** A file under whatever name: what a loss of power leaves of it, and what is seen until then. */
export class FileNode {
  #durable = new Content()
  #cached = new Content()
  /** In the order they were made. What a failed sync dropped is in the cache but not here. */
  #unsynced: { number: number; change: Change }[] = []
  /** So many changes were made so far: a sync covers those before a moment. */
  changes = 0

  get sizeBytes(): number {
    return this.#cached.sizeBytes
  }

  read(into: Uint8Array, position: number): number {
    return this.#cached.read(into, position)
  }

  write(bytes: Uint8Array, position: number): void {
    if (bytes.length === 0) return
    this.#cached.write(bytes, position)
    this.#changed({ type: 'write', bytes, position })
  }

  truncate(sizeBytes: number): void {
    this.#cached.truncate(sizeBytes)
    this.#changed({ type: 'truncate', sizeBytes })
  }

  /** Makes durable what was changed before `end`, a count of changes. */
  sync(end: number): void {
    for (const { number, change } of this.#unsynced) {
      if (number < end) applyTo(this.#durable, change)
    }
    this.#forget(end)
  }

  /** Linux marks the pages of a failed fsync clean: the next one succeeds without them. */
  failSync(end: number): void {
    this.#forget(end)
  }

  losePower(chance: Chance, survival: Survival): void {
    const changes = this.#unsynced.map(({ change }) => change)
    for (const change of surviving(changes, chance, survival)) applyTo(this.#durable, change)
    this.#cached = this.#durable.copy()
    this.#unsynced = []
  }

  /** Rot: seen at once, unless what is not yet written back hides it. */
  flipBit(at: number, bit: number): void {
    this.#durable.flipBit(at, bit)
    const hidden = this.#unsynced.some(
      ({ change }) =>
        change.type === 'write' &&
        change.position <= at &&
        at < change.position + change.bytes.length,
    )
    if (!hidden && at < this.#cached.sizeBytes) this.#cached.flipBit(at, bit)
  }

  bytes(view: 'cached' | 'durable'): Uint8Array<ArrayBuffer> {
    return (view === 'cached' ? this.#cached : this.#durable).bytes()
  }

  durableBytes(): number {
    return this.#durable.sizeBytes
  }

  #changed(change: Change): void {
    this.#unsynced.push({ number: this.changes, change })
    this.changes++
  }

  #forget(end: number): void {
    this.#unsynced = this.#unsynced.filter(({ number }) => number >= end)
  }
}

function applyTo(content: Content, change: Change): void {
  if (change.type === 'write') content.write(change.bytes, change.position)
  else if (change.type === 'truncate') content.truncate(change.sizeBytes)
  else content.grow(change.sizeBytes)
}
