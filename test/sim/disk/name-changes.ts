import type { Chance } from './chance.ts'
import { DirectoryNode, type Node, walk } from './directory-node.ts'
import { fates, type Survival } from './survival.ts'

export type Place = { directory: DirectoryNode; name: string }

/** A name made (`to`), removed (`from`) or moved (both), as one: all of it survives or none. */
type NameChange = {
  node: Node
  from: Place | undefined
  to: Place | undefined
  /** Those that must yet be synced before it is durable. */
  directories: Set<DirectoryNode>
  /** Names, as keys. Changes that touch the same one survive in the order they were made. */
  touches: Set<unknown>
  failed: boolean
}

/**
 * What was done to names and is not yet durable. Harsher than ext4, which writes them in order:
 * any of them survive, except that none does without those before it that touched the same name
 * (and so the same file), or a name in the directory that it removed.
 */
export class NameChanges {
  #pending: NameChange[] = []
  readonly #keys = new WeakMap<DirectoryNode, Map<string, object>>()

  /** Changes the names that are seen, and keeps in mind what became of them. */
  make(change: { node: Node; from?: Place; to?: Place }): void {
    const { node, from, to } = change
    const touches = new Set<unknown>()
    for (const place of [from, to]) {
      if (place === undefined) continue
      touches.add(this.#keyOf(place))
      const before = place.directory.cached.get(place.name)
      if (before instanceof DirectoryNode) this.#touchContents(before, touches)
    }
    from?.directory.cached.delete(from.name)
    to?.directory.cached.set(to.name, node)
    const directories = new Set([from, to].flatMap((place) => place?.directory ?? []))
    this.#pending.push({ node, from, to, directories, touches, failed: false })
  }

  /** What a sync that is asked for now will cover, whenever it happens. */
  covered(): ReadonlySet<unknown> {
    return new Set(this.#pending)
  }

  sync(directory: DirectoryNode, covered = this.covered()): void {
    for (const change of this.#pending) {
      if (!change.failed && covered.has(change)) change.directories.delete(directory)
    }
    const synced = new Set<unknown>()
    const durable = new Set<NameChange>()
    for (const change of this.#pending.toReversed()) {
      // What is durable takes with it what it came from.
      if (change.directories.size > 0 && !overlap(synced, change.touches)) continue
      for (const thing of change.touches) synced.add(thing)
      durable.add(change)
    }
    for (const change of this.#pending) if (durable.has(change)) makeDurable(change)
    this.#pending = this.#pending.filter((change) => !durable.has(change))
  }

  /** What was not durable before a failed sync is not made so by the next: see FileNode. */
  failSync(directory: DirectoryNode): void {
    for (const change of this.#pending) change.failed ||= change.directories.has(directory)
  }

  losePower(root: DirectoryNode, chance: Chance, survival: Survival): void {
    const lost = new Set<unknown>()
    const fate = this.#pending.length > 0 ? fates(this.#pending.length, chance, survival) : []
    this.#pending.forEach((change, index) => {
      const whole = fate[index] === 'whole' && !change.failed && !overlap(lost, change.touches)
      if (whole) makeDurable(change)
      else for (const thing of change.touches) lost.add(thing)
    })
    this.#pending = []
    root.cached = new Map(root.durable)
    for (const { node } of walk(root, 'durable')) {
      if (node instanceof DirectoryNode) node.cached = new Map(node.durable)
    }
  }

  /** An empty directory goes, and what left it had left before. */
  #touchContents(node: DirectoryNode, touches: Set<unknown>): void {
    if (node.cached.size > 0) return // it is moved, not removed
    for (const change of this.#pending) {
      const inside = [change.from, change.to].some((place) => place?.directory === node)
      if (inside) for (const thing of change.touches) touches.add(thing)
    }
  }

  #keyOf({ directory, name }: Place): object {
    const keys = this.#keys.get(directory) ?? new Map<string, object>()
    this.#keys.set(directory, keys)
    const key = keys.get(name) ?? {}
    keys.set(name, key)
    return key
  }
}

function overlap(things: Set<unknown>, others: Set<unknown>): boolean {
  for (const thing of others) if (things.has(thing)) return true
  return false
}

function makeDurable({ node, from, to }: NameChange): void {
  from?.directory.durable.delete(from.name)
  to?.directory.durable.set(to.name, node)
}
