import fc from 'fast-check'
import { expect, test } from 'vitest'
import { applyRecords } from '../../../../broker/metadata/apply.ts'
import { loadsOf, place, usableBrokers } from '../../../../operator/controller/decide/placement.ts'
import { uuid } from '../../../broker/metadata/support.ts'
import { broker, chance, clusterOf, topic } from './support.ts'

test('topics of whatever sizes are spread evenly, each of them and all together', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 30 }),
      fc.integer({ min: 1, max: 7 }),
      fc.nat(),
      (counts, brokers, seed) => {
        const brokerIds = Array.from({ length: brokers }, (_, id) => id)
        const random = chance(seed)
        let image = clusterOf(...brokerIds)
        for (const [index, count] of counts.entries()) {
          const placed = place({ count, brokerIds }, loadsOf(image), random)
          const ofTopic = brokerIds.map((id) => placed.filter((other) => other === id).length)
          expect(Math.max(...ofTopic) - Math.min(...ofTopic)).toBeLessThanOrEqual(1)
          image = applyRecords(image, topic(`t${index}`, uuid(index + 10), placed))
        }
        const loads = brokerIds.map((id) => loadsOf(image).get(id) ?? 0)
        expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(1)
      },
    ),
    { numRuns: 50 },
  )
})

test('the same chance gives the same places', () => {
  const about = { count: 12, brokerIds: [1, 2, 3, 4, 5] }
  expect(place(about, new Map(), chance(4))).toEqual(place(about, new Map(), chance(4)))
})

test('new partitions of a topic go first where it has the fewest', () => {
  const id = uuid(10)
  const image = applyRecords(clusterOf(1, 2, 3), topic('t', id, [1, 1, 2]))
  const about = { count: 3, brokerIds: [1, 2, 3], topic: image.topics.get(id) }
  expect(place(about, loadsOf(image), chance(1)).toSorted((a, b) => a - b)).toEqual([2, 3, 3])
})

test('brokers that are fenced get nothing', () => {
  const image = applyRecords(clusterOf(2, 1), broker(3, { fenced: true }))
  expect(usableBrokers(image, () => false)).toEqual([1, 2])
})
