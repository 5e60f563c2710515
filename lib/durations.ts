import type { Labels, Sample } from './metrics.ts'

/** How long something took each time, as a histogram of Prometheus has it. */
export class Durations {
  readonly #bounds: readonly number[]
  readonly #counts: number[]
  #sum = 0
  #count = 0

  /** @param bounds Upper bounds of the buckets, rising, in seconds. */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds
    this.#counts = bounds.map(() => 0)
  }

  add(seconds: number): void {
    this.#sum += seconds
    this.#count++
    for (const [at, bound] of this.#bounds.entries()) {
      if (seconds <= bound) this.#counts[at]!++
    }
  }

  samples(labels: Labels): Sample[] {
    return [
      ...this.#bounds.map((bound, at) => bucket(labels, bound, this.#counts[at] as number)),
      bucket(labels, '+Inf', this.#count),
      { suffix: '_sum', labels, value: this.#sum },
      { suffix: '_count', labels, value: this.#count },
    ]
  }
}

function bucket(labels: Labels, le: number | string, value: number): Sample {
  return { suffix: '_bucket', labels: { ...labels, le }, value }
}
