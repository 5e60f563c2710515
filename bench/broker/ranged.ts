/** The median, with the range in brackets. */
export function ranged<T>(all: readonly T[], of: (one: T) => number, digits: number): string {
  const sorted = all.map(of).toSorted((a, b) => a - b)
  const at = (part: number) => (sorted[Math.floor((sorted.length - 1) * part)] ?? 0).toFixed(digits)
  return `${at(0.5)} (${at(0)} - ${at(1)})`
}
