import type { World } from '../core/world.ts'

/**
 * Who of several controllers acts. It is no fence: one that stands still acts on when it wakes up, and
 * what it writes has conditions of its own.
 */
export class SharedLease {
  readonly #world: World
  readonly #notBeforeMs = new Map<string, number>()
  #holder: string | undefined
  #endMs = 0

  constructor(world: World) {
    this.#world = world
  }

  /** Takes or renews it. @returns Whether it is held now. */
  take(name: string): boolean {
    const { nowMs } = this.#world
    if (this.#holder !== name && nowMs < this.#endMs) return false
    if (nowMs < (this.#notBeforeMs.get(name) ?? 0)) return false
    this.#holder = name
    this.#endMs = nowMs + durationMs
    return true
  }

  /** Lets go of it, for another to take, and does not take it for a while. */
  giveWay(name: string, forMs: number): void {
    const { nowMs } = this.#world
    this.#notBeforeMs.set(name, nowMs + forMs)
    if (this.#holder === name) this.#endMs = nowMs
  }
}

const durationMs = 4_000
