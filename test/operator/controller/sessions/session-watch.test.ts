import { expect, test } from 'vitest'
import { SessionWatch } from '../../../../operator/controller/sessions/session-watch.ts'
import { type Gone, Sessions } from '../../../../operator/controller/sessions/sessions.ts'
import { LateClock } from './late-clock.ts'

const process = 'a'

function watchOf(...brokers: number[]) {
  const clock = new LateClock()
  const gone: Gone[] = []
  const said: string[] = []
  const watch = new SessionWatch({
    sessions: new Sessions({ sessionTimeoutMs: 1_500, disconnectGraceMs: 150 }),
    clock,
    log: (message) => void said.push(message),
    onGone: (now) => void gone.push(...now),
  })
  for (const brokerId of brokers) watch.heard(brokerId, process)
  return { clock, watch, said, gone: () => gone.map(({ brokerId }) => brokerId) }
}

test('a broker that is silent is gone a session after it was heard last', () => {
  const { clock, watch, gone } = watchOf(1, 2)
  clock.advance(1_000)
  watch.heard(2, process)
  clock.advance(502)
  expect(gone()).toEqual([1])
  clock.advance(1_000)
  expect(gone()).toEqual([1, 2])
})

test('one that lost its connection is gone after its grace, if it is not back', () => {
  const { clock, watch, gone } = watchOf(1, 2)
  watch.dropped(1, process)
  clock.advance(149)
  expect(gone()).toEqual([])
  clock.advance(2)
  expect(gone()).toEqual([1])
})

test('while all say in time that they are there, there is one timer, which goes off once a session', () => {
  const { clock, watch } = watchOf(...Array(100).keys())
  const before = clock.wentOff
  for (let beats = 0; beats < 60; beats++) {
    clock.advance(500)
    for (let brokerId = 0; brokerId < 100; brokerId++) watch.heard(brokerId, process)
  }
  expect(clock.pending).toBe(1)
  expect(clock.wentOff - before).toBeLessThanOrEqual(20)
})

test('once nobody is there, there is no timer', () => {
  const { clock } = watchOf(1, 2)
  clock.advance(5_000)
  expect(clock.pending).toBe(0)
})

test('after it is closed nobody is gone', () => {
  const { clock, watch, gone } = watchOf(1)
  watch.close()
  watch.dropped(1, process)
  clock.advance(5_000)
  expect([gone(), clock.pending]).toEqual([[], 0])
})

test('who could not be heard while this process stood still has a full session', () => {
  const { clock, gone } = watchOf(1)
  clock.advance(1_400)
  clock.standStill(400)
  expect(gone()).toEqual([])
  clock.advance(1_499)
  expect(gone()).toEqual([])
  clock.advance(2)
  expect(gone()).toEqual([1])
})

test('who has to be back has a session where this process stood still meanwhile, also in the midst of its grace', () => {
  const { clock, watch, gone } = watchOf(1)
  watch.dropped(1, process)
  clock.advance(10)
  clock.standStill(110)
  clock.advance(1_499)
  expect(gone()).toEqual([])
  clock.advance(2)
  expect(gone()).toEqual([1])
})

test('a little late is no stall', () => {
  const { clock, watch, gone } = watchOf(1)
  watch.dropped(1, process)
  clock.advance(100)
  clock.standStill(70)
  expect(gone()).toEqual([1])
})

test('a process that was taken for gone too early is told of', () => {
  const { clock, watch, said } = watchOf(1)
  clock.advance(2_000)
  expect(said).toEqual([])
  watch.heard(1, process)
  watch.heard(1, process)
  expect(said).toEqual(['broker 1 is there: it was taken for gone too early'])
})
