/** What a person reads who watches: what is being done, and what it came to. */
export function heading(text: string): void {
  console.log(`\n${text}`)
}

export function figure(what: string, value: string): void {
  console.log(`  ${what.padEnd(64)} ${value}`)
}

/** Does a step and prints how long it took. */
export async function timed<T>(what: string, act: () => T | Promise<T>): Promise<T> {
  const beganMs = performance.now()
  try {
    return await act()
  } finally {
    figure(what, seconds(performance.now() - beganMs))
  }
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(ms < 10_000 ? 2 : 1)} s`
}

/** `median 0.25 s, 0.20 to 0.40 s` */
export function spread(allMs: readonly number[]): string {
  const sorted = allMs.toSorted((a, b) => a - b)
  const median = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
  const [least = Number.NaN, most = Number.NaN] = [sorted[0], sorted.at(-1)]
  return `median ${seconds(median)}, ${seconds(least)} to ${seconds(most)}`
}
