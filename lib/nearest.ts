/**
 * The name that somebody probably meant, for "did you mean". Names are compared without regard to
 * case; a transposition counts as one mistake, as an omission does.
 *
 * @returns Undefined where nothing is near: a third of the letters may be wrong, and four at most.
 */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  const wanted = name.toLowerCase()
  const allowed = Math.min(4, Math.ceil(wanted.length / 3))
  let best: string | undefined
  let fewest = allowed + 1
  for (const candidate of known) {
    if (Math.abs(candidate.length - wanted.length) >= fewest) continue
    const mistakes = distance(wanted, candidate.toLowerCase())
    if (mistakes < fewest) [best, fewest] = [candidate, mistakes]
  }
  return best
}

/** Damerau's distance, with neighbours swapped at most once: three rows of it are enough. */
function distance(from: string, to: string): number {
  let before: number[] = []
  let above = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (let i = 1; i <= from.length; i++) {
    const row = [i]
    for (let j = 1; j <= to.length; j++) {
      const same = from[i - 1] === to[j - 1]
      let least = Math.min(at(above, j) + 1, at(row, j - 1) + 1, at(above, j - 1) + (same ? 0 : 1))
      const swapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]
      if (swapped) least = Math.min(least, at(before, j - 2) + 1)
      row.push(least)
    }
    before = above
    above = row
  }
  return at(above, to.length)
}

function at(row: readonly number[], column: number): number {
  return row[column] as number
}
