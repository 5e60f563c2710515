import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type FoundLog,
  type Ground,
  judgeReturn,
  type LastLife,
} from '../../../broker/replica/judge-return.ts'

const ground: Ground = { bootId: 'boot', device: '2049' }
const killed: LastLife = { cleanBrokerEpoch: undefined, ground }
const whole: FoundLog = { logEndOffset: 10, highWatermark: 10, isFlushed: true }

test('a broker that was stopped in order is clean, on whatever machine it comes back', () => {
  const stopped = { ...killed, cleanBrokerEpoch: 7 }
  expect(judgeReturn(stopped, { bootId: 'another', device: '1' }, [whole])).toBe('clean')
  expect(judgeReturn({ ...stopped, ground: undefined }, undefined, [])).toBe('clean')
})

test('a broker that was killed has all that it wrote, where no kernel has booted since', () => {
  expect(judgeReturn(killed, { ...ground }, [whole, { ...whole, highWatermark: 3 }])).toBe(
    'crashed',
  )
})

test('so has one without any log', () => {
  expect(judgeReturn(killed, ground, [])).toBe('crashed')
})

test.each<[string, LastLife, Ground | undefined]>([
  ['the kernel has booted since', killed, { ...ground, bootId: 'later' }],
  ['the directory lies on another file system', killed, { ...ground, device: '2050' }],
  ['the last life did not say where it was', { ...killed, ground: undefined }, ground],
  ['the system does not say where it is', killed, undefined],
  ['neither does', { ...killed, ground: undefined }, undefined],
])('what was not flushed may be gone where %s', (_, last, now) => {
  expect(judgeReturn(last, now, [whole])).toBe('unflushed-lost')
})

test('it may be gone where a log ends below what was committed', () => {
  const shorter = { ...whole, logEndOffset: 9 }
  expect(judgeReturn(killed, ground, [whole, shorter, whole])).toBe('unflushed-lost')
})

test('it may be gone where a log did not get to the disk', () => {
  expect(judgeReturn(killed, ground, [whole, { ...whole, isFlushed: false }])).toBe(
    'unflushed-lost',
  )
})

test('one log that speaks against it is enough, and none that speaks for it helps', () => {
  const offset = fc.nat({ max: 3 })
  const log = fc.record({ logEndOffset: offset, highWatermark: offset, isFlushed: fc.boolean() })
  fc.assert(
    fc.property(fc.array(log), (logs) => {
      const alone = logs.map((one) => judgeReturn(killed, ground, [one]))
      const isWhole = alone.every((how) => how === 'crashed')
      expect(judgeReturn(killed, ground, logs)).toBe(isWhole ? 'crashed' : 'unflushed-lost')
    }),
  )
})
