import { Durations } from '../../../lib/durations.ts'
import type { Labels, Sample } from '../../../lib/metrics.ts'
import type { Failover, StepName } from './failover.ts'

/** How often brokers that led something were lost, and how long each step took until others led. */
export class FailoverCounts {
  readonly #byCause = new Map<Failover['cause'], number>()
  readonly #byStep = new Map<StepName, Durations>()

  add({ cause, steps }: Failover): void {
    this.#byCause.set(cause, (this.#byCause.get(cause) ?? 0) + 1)
    for (const { name, tookMs } of steps) {
      if (tookMs === null) continue
      const durations = this.#byStep.get(name) ?? new Durations(bounds)
      this.#byStep.set(name, durations)
      durations.add(tookMs / 1_000)
    }
  }

  counts(labels: Labels): Sample[] {
    return Array.from(this.#byCause, ([cause, value]) => ({ labels: { ...labels, cause }, value }))
  }

  /** Of each step the time since the one before. */
  durations(labels: Labels): Sample[] {
    return Array.from(this.#byStep, ([step, durations]) => {
      return durations.samples({ ...labels, step })
    }).flat()
  }
}

/** In seconds. A step takes a few milliseconds; to detect a silent broker takes a session, of 1.5 s. */
const bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]
