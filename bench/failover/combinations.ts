import { oneOf } from '../../lib/wording.ts'

/** What can be combined, dimension by dimension. */
export type Dimensions = Readonly<Record<string, readonly string[]>>

export type Combination<D extends Dimensions> = { readonly [K in keyof D]: D[K][number] }

/**
 * All combinations that are wanted; the first dimension changes least.
 *
 * @param wanted Words with commas between: those of one dimension are alternatives, and a dimension of
 *   which none is named is taken whole.
 * @throws For a word that no dimension has.
 */
export function combinationsOf<const D extends Dimensions>(
  dimensions: D,
  wanted: string,
): Combination<D>[] {
  const words = wanted.split(',').filter((word) => word !== '')
  const known = Object.values(dimensions).flat()
  const strange = words.find((word) => !known.includes(word))
  if (strange !== undefined) throw new Error(`${strange} is none of ${oneOf(known)}`)
  let combinations: Record<string, string>[] = [{}]
  for (const [dimension, all] of Object.entries(dimensions)) {
    const named = all.filter((word) => words.includes(word))
    const own = named.length > 0 ? named : all
    combinations = combinations.flatMap((before) => {
      return own.map((word) => ({ ...before, [dimension]: word }))
    })
  }
  return combinations as Combination<D>[]
}
