import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RequestTimes } from '../../../broker/metrics/request-times.ts'
import type { Sample } from '../../../lib/metrics.ts'

const produce = 0
const bucketsOf = (times: RequestTimes): Sample[] =>
  [...times.histogram()].filter(({ suffix }) => suffix === '_bucket')
const at = (samples: Sample[], le: number | string) =>
  samples.find(({ labels }) => labels?.['le'] === le)?.value

test('requests are counted by the name of their API', () => {
  const times = new RequestTimes()
  times.answered(produce, 1)
  times.answered(produce, 2)
  times.answered(18, 1)
  expect([...times.counts()]).toEqual([
    { value: 2, labels: { request: 'Produce' } },
    { value: 1, labels: { request: 'ApiVersions' } },
  ])
})

test('what takes exactly as long as a bucket goes is in it', () => {
  const times = new RequestTimes()
  times.answered(produce, 0.256)
  expect(at(bucketsOf(times), 0.000128)).toBe(0)
  expect(at(bucketsOf(times), 0.000256)).toBe(1)
})

test('every request is in the buckets that go so far, and in no other', () => {
  const durations = fc.array(fc.double({ min: 0, max: 1e9, noNaN: true }), { maxLength: 50 })
  fc.assert(
    fc.property(durations, (all) => {
      const times = new RequestTimes()
      for (const elapsedMs of all) times.answered(produce, elapsedMs)
      for (const { labels, value } of bucketsOf(times)) {
        const le = labels?.['le'] === '+Inf' ? Number.POSITIVE_INFINITY : Number(labels?.['le'])
        // A microsecond is what is told apart.
        const atMost = all.filter((ms) => Math.ceil(ms * 1_000) <= Math.round(le * 1e6)).length
        expect(value).toBe(atMost)
      }
    }),
  )
})

test('quantiles are of what was answered since the last look', () => {
  const times = new RequestTimes()
  const look = () =>
    new Map([...times.quantiles()].map(({ labels, value }) => [labels?.['quantile'], value]))
  for (let i = 0; i < 99; i++) times.answered(produce, 0.1)
  times.answered(produce, 50)
  const first = look()
  expect([first.get(0.5), first.get(0.99), first.get(0.999)]).toEqual([0.128, 0.128, 65.536])
  times.answered(produce, 1)
  expect(look().get(0.5)).toBe(1.024)
  expect(look().get(0.5), 'nothing was answered').toBe(0)
})
