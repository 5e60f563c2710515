import fc from 'fast-check'
import { expect, test } from 'vitest'
import { effort } from '../../support/effort.ts'
import { produced } from '../partition/support.ts'
import { Replicated } from './replicated.ts'
import { valuesOf } from './values-of.ts'

const poll = { timeout: 10_000, interval: 2 }
const broker = fc.integer({ min: 1, max: 3 })

const operation = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('append'), acks: fc.constantFrom(1, -1) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('elect'), id: broker }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('cut'), id: broker }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('fence'), id: broker }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('heal'), id: broker }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('wait'), turns: fc.nat(30) }) },
)

type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never

test('whatever happens, what was acknowledged is on all replicas in the end, and they are alike', {
  timeout: 120_000,
}, async () => {
  await fc.assert(fc.asyncProperty(fc.array(operation, { maxLength: 40 }), live), {
    numRuns: effort(40, 500),
    endOnFailure: true,
  })
})

async function live(operations: readonly Operation[]): Promise<void> {
  const topic = await Replicated.start({
    settings: { 'min.insync.replicas': '2' },
    config: { 'replica.lag.time.max.ms': '2000' },
  })
  const acknowledged: string[] = []
  let sent = 0
  for (const own of operations) {
    if (own.do === 'append') append(own.acks)
    else if (own.do === 'wait') for (let i = 0; i < own.turns; i++) await turn()
    else if (own.do === 'cut') topic.cut(own.id)
    else if (own.do === 'heal') topic.heal(own.id)
    else decide(own)
  }
  for (const id of [1, 2, 3]) topic.heal(id)
  await expect.poll(() => topic.isr, poll).toEqual([1, 2, 3])
  await topic.on(topic.partition.leader).append([produced('last')], { acks: -1, timeoutMs: 9_000 })
  const values = [1, 2, 3].map((id) => valuesOf(topic.on(id)))
  expect(values[1]).toEqual(values[0])
  expect(values[2]).toEqual(values[0])
  expect(acknowledged.filter((value) => !values[0]?.includes(value))).toEqual([])
  expect(topic.fatal).toEqual([])
  expect([1, 2, 3].flatMap((id) => topic.member(id).said)).toEqual([])
  await topic.stop()

  function append(acks: 1 | -1): void {
    const value = `${sent++}`
    const leader = topic.on(topic.partition.leader)
    const done = leader.append([produced(value)], { acks, timeoutMs: 5_000 })
    done.then(
      () => void (acks === -1 && acknowledged.push(value)),
      () => {},
    )
  }

  /** As a controller does: who leads is in sync, and the last one in sync stays. */
  function decide(own: { do: string; id: number }): void {
    const { isr, leader } = topic.partition
    if (!isr.includes(own.id)) return
    if (own.do === 'elect') return topic.change({ leader: own.id })
    const others = isr.filter((id) => id !== own.id)
    const [first] = others
    if (first === undefined) return
    topic.change({ isr: others, ...(leader === own.id ? { leader: first } : {}) })
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve))
}
