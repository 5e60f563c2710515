import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Plan } from '../../../../../operator/controller/decide/balance/plan.ts'
import { planMoves } from '../../../../../operator/controller/decide/balance/plan-moves.ts'
import { effort } from '../../../../support/effort.ts'
import {
  anyCluster,
  carriedOut,
  fewestMoves,
  imageOf,
  leavesIn,
  loadsIn,
  type Member,
  placesAfter,
  planFor,
  type Spot,
  unevenness,
} from './support.ts'

type Cluster = { cluster: Member[]; partitions: Spot[] }

const roles = ['usual', 'usual', 'usual', 'fenced', 'leaving'] as const
const small = { brokers: 9, partitions: 30, racks: 4 }
const anything = anyCluster({ ...small, roles, isBusy: true })
const settled = anyCluster({ ...small, roles })
const withoutRacks = anyCluster({ ...small, racks: 0 })
const large = anyCluster({ brokers: 100, partitions: 400, racks: 5, roles, isLarge: true })

describe.each([
  ['small clusters', anything, effort(500, 5_000)],
  ['large clusters', large, effort(20, 200)],
])('in %s, whatever is where', (_, clusters, numRuns) => {
  const check = (law: (given: Cluster, plan: Plan) => void) => {
    const property = fc.property(clusters, (given) => {
      law(given, planFor(given.cluster, given.partitions))
    })
    fc.assert(property, { numRuns })
  }

  test('a partition keeps the number of its replicas, each on another broker', () => {
    check((_, { moves }) => {
      for (const { from, to } of moves) {
        expect(to).toHaveLength(from.length)
        expect(new Set(to).size).toBe(from.length)
      }
    })
  })

  test('replicas are given only to brokers that are there and stay, and taken from none that is fenced', () => {
    check(({ cluster }, { moves }) => {
      const roleOf = new Map(cluster.map(({ id, role }) => [id, role]))
      for (const { from, to } of moves) {
        for (const id of to) if (!from.includes(id)) expect(roleOf.get(id)).toBe('usual')
        for (const id of from) if (!to.includes(id)) expect(roleOf.get(id)).not.toBe('fenced')
      }
    })
  })

  test('nobody who leaves has a replica, but of partitions that are said to stay', () => {
    check(({ cluster, partitions }, plan) => {
      const leaves = leavesIn(cluster)
      const left = placesAfter(partitions, plan).filter((ids) => ids.some(leaves))
      expect(left).toEqual(expect.arrayContaining(plan.stays.map(({ replicas }) => replicas)))
      expect(left).toHaveLength(plan.stays.length)
    })
  })

  test('no partition that may be moved could be in more racks, or in them more evenly', () => {
    check(({ cluster, partitions }, plan) => {
      const usable = cluster.filter(({ role }) => role === 'usual')
      const rackOf = new Map(cluster.map(({ id, rack }) => [id, rack]))
      for (const [index, ids] of placesAfter(partitions, plan).entries()) {
        if (!mayMove(partitions[index]) || ids.some(leavesIn(cluster))) continue
        const count = (rack: string | null | undefined) => {
          return ids.filter((id) => rackOf.get(id) === rack).length
        }
        const free = usable.filter(({ id }) => !ids.includes(id)).map(({ rack }) => count(rack))
        const movable = usable.filter(({ id }) => ids.includes(id)).map(({ rack }) => count(rack))
        expect(Math.max(0, ...movable) - Math.min(Infinity, ...free)).toBeLessThan(2)
      }
    })
  })

  test('a move for balance takes a partition out of no rack that it does not replace', () => {
    check(({ cluster }, { moves }) => {
      const racks = (ids: readonly number[]) => {
        return new Set(ids.map((id) => cluster.find((member) => member.id === id)?.rack)).size
      }
      for (const { from, to, why } of moves) {
        if (why === 'Balance' || why === 'Leaders') expect(racks(to)).toBe(racks(from))
      }
    })
  })

  test('the same cluster gives the same plan, in whatever order it came to be', () => {
    check(({ cluster, partitions }, plan) => {
      const topics = [...Map.groupBy(partitions, ({ topic }) => topic).values()]
      expect(planFor(cluster.toReversed(), topics.toReversed().flat())).toEqual(plan)
    })
  })
})

test('where a plan was carried out there is nothing to plan', () => {
  fc.assert(
    fc.property(fc.oneof(anything, settled), ({ cluster, partitions }) => {
      const image = imageOf(cluster, partitions)
      const rules = { isLeaving: leavesIn(cluster) }
      const plan = planMoves(image, rules)
      const again = planMoves(carriedOut(image, plan), rules)
      expect(again.moves).toEqual([])
      expect(again.stays).toEqual(plan.stays)
    }),
    { numRuns: effort(500, 5_000) },
  )
})

/** Where every partition may be moved. */
function checkSettled(
  clusters: fc.Arbitrary<Cluster>,
  law: (given: Cluster & { usable: Member[]; after: readonly number[][] }, plan: Plan) => void,
) {
  const property = fc.property(clusters, ({ cluster, partitions }) => {
    const plan = planFor(cluster, partitions)
    fc.pre(plan.stays.length === 0)
    const usable = cluster.filter(({ role }) => role === 'usual')
    const after = placesAfter(partitions, plan).map((ids) => [...ids])
    law({ cluster, partitions, usable, after }, plan)
  })
  fc.assert(property, { numRuns: effort(300, 3_000) })
}

test('brokers of the same rack have as many replicas as each other', () => {
  checkSettled(settled, ({ usable, after }) => {
    for (const rack of Map.groupBy(usable, ({ rack }) => rack).values()) {
      const ids = rack.map(({ id }) => id)
      expect(unevenness(loadsIn(after, ids))).toBeLessThanOrEqual(1)
    }
  })
})

test('without racks all do, and no more is moved than some have beyond their share', () => {
  checkSettled(withoutRacks, ({ usable, partitions, after }, { summary }) => {
    const ids = usable.map(({ id }) => id)
    expect(unevenness(loadsIn(after, ids))).toBeLessThanOrEqual(1)
    const before = partitions.map(({ replicas }) => replicas)
    expect(summary.replicasMoved).toBe(fewestMoves(loadsIn(before, ids), before.flat().length))
  })
})

test('with racks of the same size all have as many replicas, and lead as many, as each other', () => {
  const shape = { brokers: 3, partitions: 30, racks: 0, isUniform: true }
  const racks = fc.integer({ min: 1, max: 3 })
  const sameSize = fc
    .record({ racks, clusters: anyCluster({ ...shape, brokers: 9 }) })
    .map(({ racks, clusters: { cluster, partitions } }): Cluster => {
      const even = cluster.map((one, at) => ({ ...one, rack: `rack-${at % racks}` }))
      const missing = (racks - (even.length % racks)) % racks
      const added = Array.from({ length: missing }, (_, at): Member => {
        return { id: 900 + at, rack: `rack-${(even.length + at) % racks}`, role: 'usual' }
      })
      return { cluster: [...even, ...added], partitions }
    })
  checkSettled(sameSize, ({ usable, after }) => {
    const ids = usable.map(({ id }) => id)
    const led = after.map(([leader = -1]) => [leader])
    expect(unevenness(loadsIn(after, ids))).toBeLessThanOrEqual(1)
    expect(unevenness(loadsIn(led, ids))).toBeLessThanOrEqual(1)
  })
})

test('where replicas are even and equally many, so are preferred leaders, in whatever racks', () => {
  const uniform = anyCluster({ ...small, isUniform: true })
  checkSettled(uniform, ({ usable, after }) => {
    const ids = usable.map(({ id }) => id)
    fc.pre(unevenness(loadsIn(after, ids)) <= 1)
    const led = after.map(([leader = -1]) => [leader])
    expect(unevenness(loadsIn(led, ids))).toBeLessThanOrEqual(1)
  })
})

function mayMove(spot: Spot | undefined): boolean {
  if (spot === undefined || spot.isDead === true) return false
  const { replicas, target = replicas } = spot
  return target.length === replicas.length && target.every((id) => replicas.includes(id))
}
