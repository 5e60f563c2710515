import fc from 'fast-check'
import { expect, test } from 'vitest'
import { applyRecords } from '../../../../broker/metadata/apply.ts'
import { loadsOf, place, usableBrokers } from '../../../../operator/controller/decide/placement.ts'
import { uuid } from '../../../broker/metadata/support.ts'
import { broker, chance, clusterOf, topic } from './support.ts'

const noLoads = { leaders: new Map(), replicas: new Map() }

/** Brokers 0 and so on, in so many racks in turn; none at all: nobody knows. */
function placesIn(brokers: number, racks = 0) {
  return Array.from({ length: brokers }, (_, id) => {
    return { id, rack: racks === 0 ? null : `rack-${id % racks}` }
  })
}

function spread(ids: readonly number[], of: readonly number[]): number {
  const counts = of.map((id) => ids.filter((other) => other === id).length)
  return Math.max(...counts) - Math.min(...counts)
}

const clusters = fc.record({
  counts: fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 30 }),
  brokers: fc.integer({ min: 1, max: 9 }),
  racks: fc.integer({ min: 0, max: 4 }),
  replicationFactor: fc.integer({ min: 1, max: 3 }),
  seed: fc.nat(),
})

test('topics of whatever sizes are spread evenly, each of them and all together', () => {
  fc.assert(
    fc.property(clusters, ({ counts, brokers, racks, replicationFactor: wanted, seed }) => {
      const isEven = racks === 0 || brokers % racks === 0
      const places = placesIn(brokers, isEven ? racks : 0)
      const replicationFactor = Math.min(wanted, brokers)
      const ids = places.map(({ id }) => id)
      const random = chance(seed)
      let image = clusterOf(...ids)
      for (const [index, count] of counts.entries()) {
        const placed = place({ count, replicationFactor, places }, loadsOf(image), random)
        expect(
          spread(
            placed.map(([leader = -1]) => leader),
            ids,
          ),
        ).toBeLessThanOrEqual(1)
        expect(spread(placed.flat(), ids)).toBeLessThanOrEqual(2)
        image = applyRecords(image, topic(`t${index}`, uuid(index + 10), placed))
      }
      const { leaders, replicas } = loadsOf(image)
      const range = (of: ReadonlyMap<number, number>) => {
        const each = ids.map((id) => of.get(id) ?? 0)
        return Math.max(...each) - Math.min(...each)
      }
      expect(range(leaders)).toBeLessThanOrEqual(1)
      expect(range(replicas)).toBeLessThanOrEqual(3)
    }),
    { numRuns: 100 },
  )
})

test('replicas of a partition are on as many brokers, in as many racks as there are', () => {
  fc.assert(
    fc.property(clusters, ({ brokers, racks, replicationFactor: wanted, seed }) => {
      const places = placesIn(brokers, racks)
      const replicationFactor = Math.min(wanted, brokers)
      const about = { count: 20, replicationFactor, places }
      for (const replicas of place(about, noLoads, chance(seed))) {
        expect(new Set(replicas).size).toBe(replicationFactor)
        const used = new Set(replicas.map((id) => places[id]?.rack))
        const there = new Set(places.map(({ rack }) => rack)).size
        expect(used.size).toBe(Math.min(there, replicationFactor))
      }
    }),
    { numRuns: 200 },
  )
})

test('a hundred brokers in racks of different sizes lead as much as each other', () => {
  const places = placesIn(100).map(({ id }) => ({ id, rack: id < 50 ? 'a' : id < 80 ? 'b' : 'c' }))
  const placed = place({ count: 3_000, replicationFactor: 3, places }, noLoads, chance(7))
  const leaders = placed.map(([leader = -1]) => leader)
  expect(
    spread(
      leaders,
      places.map(({ id }) => id),
    ),
  ).toBe(0)
  expect(placed.every((ids) => new Set(ids.map((id) => places[id]?.rack)).size === 3)).toBe(true)
})

test('the same chance gives the same places', () => {
  const about = { count: 12, replicationFactor: 2, places: placesIn(5, 2) }
  expect(place(about, noLoads, chance(4))).toEqual(place(about, noLoads, chance(4)))
})

test('new partitions of a topic go first where it has the fewest', () => {
  const id = uuid(10)
  const image = applyRecords(clusterOf(1, 2, 3), topic('t', id, [1, 1, 2]))
  const places = [1, 2, 3].map((one) => ({ id: one, rack: null }))
  const about = { count: 3, replicationFactor: 1, places, topic: image.topics.get(id) }
  const leaders = place(about, loadsOf(image), chance(1)).flat()
  expect(leaders.toSorted((a, b) => a - b)).toEqual([2, 3, 3])
})

test('brokers that are fenced get nothing', () => {
  const image = applyRecords(clusterOf(2, 1), broker(3, { fenced: true }))
  expect(usableBrokers(image, () => false)).toEqual([
    { id: 1, rack: null },
    { id: 2, rack: null },
  ])
})
