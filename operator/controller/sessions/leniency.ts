/**
 * For whom the grace is longer: a broker that was fenced and then heard has twice the grace for ten
 * minutes, and twice that again each time that it was still too short (safety rules, case 8). It is
 * the broker's and not its process's, since it comes of where that runs. Pure: time comes in.
 */
export class Leniency {
  private readonly byBroker = new Map<number, { factor: number; untilMs: number }>()

  wasTooStrict(brokerId: number, nowMs: number): void {
    const factor = 2 * this.factor(brokerId, nowMs)
    this.byBroker.set(brokerId, { factor, untilMs: nowMs + lenientMs })
  }

  /** How many times the usual grace a broker has. */
  factor(brokerId: number, nowMs: number): number {
    const { factor, untilMs } = this.byBroker.get(brokerId) ?? usual
    if (nowMs < untilMs) return factor
    this.byBroker.delete(brokerId)
    return 1
  }
}

const usual = { factor: 1, untilMs: Number.POSITIVE_INFINITY }
const lenientMs = 600_000
