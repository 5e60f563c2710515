import type { Head } from './head.ts'

export type PartKind = 'segment' | 'snapshot'

/** Names of segments and parts of snapshots, none of which is ever given twice. */
export class PartNames {
  readonly #cluster: string
  readonly #storeId: string
  #count = 0

  /** @param storeId New each time a store is opened; of digits and small letters. */
  constructor(cluster: string, storeId: string) {
    this.#cluster = cluster
    this.#storeId = storeId
  }

  next(kind: PartKind, { firstOffset, endOffset }: { firstOffset: number; endOffset: number }) {
    const offsets = `${firstOffset}-${endOffset}`
    return `${this.#cluster}-${kind}-${offsets}-${this.#storeId}-${++this.#count}`
  }
}

/**
 * Whether an object may be deleted by who knows this head: it ends at or below the snapshot, and is
 * not named. What ends above may be somebody's who is about to name it; what is merely not known
 * may be the snapshot of a successor.
 */
export function isGarbage(head: Head, name: string): boolean {
  const endOffset = /-\d+-(\d+)-[0-9a-f]+-\d+$/.exec(name)?.[1]
  if (endOffset === undefined || head.snapshot === undefined) return false
  if (Number(endOffset) > head.snapshot.endOffset) return false
  return ![...head.segments, ...head.snapshot.parts].some((part) => part.name === name)
}
