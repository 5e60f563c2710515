import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Sessions } from '../../../../operator/controller/sessions/sessions.ts'
import { effort } from '../../../support/effort.ts'

const sessionTimeoutMs = 1_500
const disconnectGraceMs = 150
const recentMs = 1_000

type Event = {
  readonly afterMs: number
  readonly brokerId: number
  readonly type: 'heard' | 'dropped' | 'reborn' | 'proven' | 'stall'
}

const events = fc.array(
  fc.record<Event>({
    afterMs: fc.oneof(fc.nat({ max: 200 }), fc.nat({ max: 1_600 })),
    brokerId: fc.nat({ max: 2 }),
    type: fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom('heard', 'dropped') },
      { weight: 1, arbitrary: fc.constantFrom('reborn', 'proven', 'stall') },
    ),
  }),
  { maxLength: 60, size: 'max' },
)

/** What is true of a broker. */
type Truth = {
  readonly process: string
  readonly heardMs: number
  /** When its connection was lost, if it was not heard since. */
  droppedMs: number | undefined
  isGone: boolean
}

type Drop = { readonly brokerId: number; readonly atMs: number; explainedMs: number }

/** Sessions that live through events, beside what is true. Timers go off on time, but for stalls. */
class Story {
  readonly brokers = new Map<number, Truth>()
  nowMs = 0
  readonly #sessions = new Sessions({ sessionTimeoutMs, disconnectGraceMs })
  readonly #drops: Drop[] = []
  /** By broker, how often it was heard after it was taken for gone. */
  readonly #mistakes = new Map<number, number>()
  #stalledMs = Number.NEGATIVE_INFINITY
  #processes = 0

  /** @param onGone Called when a broker is taken for gone. */
  live({ afterMs, brokerId, type }: Event, onGone: (brokerId: number) => void = () => {}): void {
    const endMs = this.nowMs + afterMs
    if (type === 'stall') {
      this.#stalledMs = endMs
      this.#sessions.stoodStill(endMs)
    }
    this.#expireUntil(endMs, onGone)
    const broker = this.brokers.get(brokerId)
    if (type === 'heard' || type === 'reborn') this.#heard(brokerId, type === 'reborn')
    else if (type === 'dropped' && broker !== undefined) this.#dropped(brokerId, broker)
    else if (type === 'proven' && broker !== undefined) this.#proven(brokerId, broker)
  }

  /** By when silence alone is enough. */
  sessionEndMs(brokerId: number): number {
    return Math.max(this.#truth(brokerId).heardMs, this.#stalledMs) + sessionTimeoutMs
  }

  /** By when it has to be heard on another connection, if it is to blame for the loss of its own. */
  graceEndMs(brokerId: number): number {
    const { droppedMs = Number.POSITIVE_INFINITY } = this.#truth(brokerId)
    return droppedMs + disconnectGraceMs * 2 ** (this.#mistakes.get(brokerId) ?? 0)
  }

  /** Others that lost their connections within a second of it; a stall is nobody's. */
  othersLost(brokerId: number): readonly { readonly isExplained: boolean }[] {
    const { droppedMs = Number.NaN } = this.#truth(brokerId)
    const stalls = droppedMs - this.#stalledMs < recentMs ? [{ isExplained: false }] : []
    const lost = this.#drops.filter((other) => {
      return other.brokerId !== brokerId && Math.abs(other.atMs - droppedMs) < recentMs
    })
    const isExplained = ({ atMs, explainedMs }: Drop) => explainedMs <= Math.max(atMs, droppedMs)
    return [...stalls, ...lost.map((other) => ({ isExplained: isExplained(other) }))]
  }

  /** Two others lost theirs together while it had its grace, which ends with that. */
  isCalledOff(brokerId: number): boolean {
    const { droppedMs = Number.NaN } = this.#truth(brokerId)
    const others = this.#drops.filter((drop) => drop.brokerId !== brokerId)
    return others.some((one) => {
      const isLater = one.atMs >= droppedMs
      const isWith = (other: Drop) => {
        return other.brokerId !== one.brokerId && Math.abs(other.atMs - one.atMs) < recentMs
      }
      return isLater && others.some(isWith)
    })
  }

  #expireUntil(endMs: number, onGone: (brokerId: number) => void): void {
    for (;;) {
      const nextMs = this.#sessions.nextDeadlineMs ?? Number.POSITIVE_INFINITY
      if (nextMs > endMs) break
      this.nowMs = nextMs
      for (const { brokerId, incarnationId } of this.#sessions.takeExpired(nextMs)) {
        const broker = this.#truth(brokerId)
        expect(incarnationId).toBe(broker.process)
        onGone(brokerId)
        broker.isGone = true
      }
    }
    this.nowMs = endMs
  }

  #truth(brokerId: number): Truth {
    const broker = this.brokers.get(brokerId)
    if (broker === undefined) throw new Error(`broker ${brokerId} was never heard`)
    return broker
  }

  #heard(brokerId: number, isReborn: boolean): void {
    const before = this.brokers.get(brokerId)
    const isSame = before !== undefined && !isReborn
    const process = isSame ? before.process : `process ${++this.#processes}`
    if (isSame && before.isGone) {
      this.#mistakes.set(brokerId, (this.#mistakes.get(brokerId) ?? 0) + 1)
    }
    const heardMs = this.nowMs
    this.brokers.set(brokerId, { process, heardMs, droppedMs: undefined, isGone: false })
    this.#sessions.heard(brokerId, process, heardMs)
  }

  #dropped(brokerId: number, broker: Truth): void {
    if (broker.isGone || broker.droppedMs !== undefined) return
    broker.droppedMs = this.nowMs
    this.#drops.push({ brokerId, atMs: this.nowMs, explainedMs: Number.POSITIVE_INFINITY })
    this.#sessions.dropped(brokerId, broker.process, this.nowMs)
  }

  #proven(brokerId: number, { process }: Truth): void {
    if (!this.#sessions.end(brokerId, process)) return
    this.brokers.delete(brokerId)
    for (const drop of this.#drops) {
      if (drop.brokerId === brokerId) drop.explainedMs = Math.min(drop.explainedMs, this.nowMs)
    }
  }
}

const numRuns = effort(300, 20_000)

test('a broker that is heard in time on some connection is never gone', () => {
  fc.assert(
    fc.property(events, (all) => {
      const story = new Story()
      for (const one of all) {
        story.live(one, (brokerId) => {
          const endMs = Math.min(story.sessionEndMs(brokerId), story.graceEndMs(brokerId))
          expect(story.nowMs).toBeGreaterThanOrEqual(endMs)
        })
      }
    }),
    { numRuns },
  )
})

test('one that is not to blame for the loss of its connection has its session', () => {
  fc.assert(
    fc.property(events, (all) => {
      const story = new Story()
      for (const one of all) {
        story.live(one, (brokerId) => {
          if (story.othersLost(brokerId).every(({ isExplained }) => isExplained)) return
          expect(story.nowMs).toBeGreaterThanOrEqual(story.sessionEndMs(brokerId))
        })
      }
    }),
    { numRuns },
  )
})

test('a dead one is gone after its session at the latest', () => {
  fc.assert(
    fc.property(events, (all) => {
      const story = new Story()
      for (const one of all) {
        story.live(one)
        for (const [brokerId, { isGone }] of story.brokers) {
          if (!isGone) expect(story.nowMs).toBeLessThan(story.sessionEndMs(brokerId))
        }
      }
    }),
    { numRuns },
  )
})

test('a dead one that lost its connection alone is gone after its grace', () => {
  fc.assert(
    fc.property(events, (all) => {
      const story = new Story()
      for (const one of all) {
        story.live(one)
        for (const [brokerId, { isGone, droppedMs }] of story.brokers) {
          if (isGone || droppedMs === undefined || story.othersLost(brokerId).length > 0) continue
          if (story.isCalledOff(brokerId)) continue
          expect(story.nowMs).toBeLessThan(story.graceEndMs(brokerId))
        }
      }
    }),
    { numRuns },
  )
})
