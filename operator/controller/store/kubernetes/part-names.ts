import type { Head } from './head.ts'

export type PartKind = 'segment' | 'snapshot'

/**
 * The name of a segment or part of a snapshot. None is ever given twice: a delete that comes late
 * must not find another object under its name.
 *
 * @param by Who gives it: `storeId` is new each time a store is opened, `count` each time it is asked.
 */
export function partName(
  kind: PartKind,
  { firstOffset, endOffset }: { readonly firstOffset: number; readonly endOffset: number },
  by: { readonly cluster: string; readonly storeId: string; readonly count: number },
): string {
  return `${by.cluster}-${kind}-${firstOffset}-${endOffset}-${by.storeId}-${by.count}`
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

/** What is given as a parameter so that tests can break it, and see that this is noticed. */
export type PartRules = { readonly partName: typeof partName; readonly isGarbage: typeof isGarbage }
export const partRules: PartRules = { partName, isGarbage }
