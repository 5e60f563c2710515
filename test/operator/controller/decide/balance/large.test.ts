import { beforeAll, describe, expect, test } from 'vitest'
import type { MetadataImage } from '../../../../../broker/metadata/image.ts'
import type { Plan } from '../../../../../operator/controller/decide/balance/plan.ts'
import { planMoves } from '../../../../../operator/controller/decide/balance/plan-moves.ts'
import { place } from '../../../../../operator/controller/decide/placement.ts'
import { effort } from '../../../../support/effort.ts'
import { chance } from '../support.ts'
import {
  carriedOut,
  fewestMoves,
  imageOf,
  leavesIn,
  loadsIn,
  type Member,
  placesAfter,
  type Spot,
  unevenness,
} from './support.ts'

/** 100,000 partitions where it is thorough. */
const topics = effort(200, 1_000)
const partitionsOfEach = 100
const [leaving, added] = [7, 100]

/** Brokers 0 to 101; the last two are new, and one of the others leaves. */
function clusterIn(rackOf: (id: number) => string | null): Member[] {
  return Array.from({ length: 102 }, (_, id): Member => {
    return { id, rack: rackOf(id), role: id === leaving ? 'leaving' : 'usual' }
  })
}

/** Partitions with three replicas, as they are placed on those that were there. */
function placedOn(cluster: readonly Member[]): Spot[] {
  const places = cluster.filter(({ id }) => id < added)
  const about = { count: topics * partitionsOfEach, replicationFactor: 3, places }
  const loads = { leaders: new Map(), replicas: new Map() }
  return place(about, loads, chance(1)).map((replicas, at) => {
    return { topic: `t${Math.floor(at / partitionsOfEach)}`, replicas }
  })
}

describe.each([
  ['without racks', clusterIn(() => null)],
  ['in three racks', clusterIn((id) => `rack-${id % 3}`)],
])(`${topics * partitionsOfEach} partitions on 100 brokers %s`, (_, cluster) => {
  let partitions: Spot[]
  let image: MetadataImage
  let plan: Plan
  let after: (readonly number[])[]
  const rules = { isLeaving: leavesIn(cluster) }
  const rackOf = new Map(cluster.map(({ id, rack }) => [id, rack]))
  const racks = [...Map.groupBy(cluster, ({ rack }) => rack).values()].map((rack) => {
    return rack.map(({ id }) => id)
  })
  const usable = racks.map((ids) => ids.filter((id) => id !== leaving))

  beforeAll(() => {
    partitions = placedOn(cluster)
    image = imageOf(cluster, partitions)
    plan = planMoves(image, rules)
    after = placesAfter(partitions, plan)
  }, 60_000)

  test('are placed on as many brokers, in as many racks as there are, evenly', () => {
    const placed = partitions.map(({ replicas }) => replicas)
    expect(placed.every((ids) => areApart(ids, rackOf))).toBe(true)
    const leaders = placed.map(([leader = -1]) => [leader])
    expect(unevenness(loadsIn(leaders, range(added)))).toBeLessThanOrEqual(1)
    for (const ids of racks) {
      const old = ids.filter((id) => id < added)
      expect(unevenness(loadsIn(placed, old))).toBeLessThanOrEqual(3)
    }
  })

  test('are evened out with no more moves than some have beyond their share', () => {
    const before = partitions.map(({ replicas }) => replicas)
    const needed = racks.map((ids, at) => {
      const total = loadsIn(before, ids).reduce((sum, load) => sum + load, 0)
      return fewestMoves(loadsIn(before, usable[at] ?? []), total)
    })
    expect(plan.summary.replicasMoved).toBe(needed.reduce((sum, count) => sum + count, 0))
    for (const ids of usable) expect(unevenness(loadsIn(after, ids))).toBeLessThanOrEqual(1)
    expect(loadsIn(after, [leaving])).toEqual([0])
  })

  test('are led evenly, and hardly any more of them by others than must be', () => {
    const leadersOf = (lists: readonly (readonly number[])[]) => {
      const leaders = lists.map(([leader = -1]) => [leader])
      return loadsIn(leaders, usable.flat())
    }
    expect(unevenness(leadersOf(after))).toBeLessThanOrEqual(1)
    const before = leadersOf(partitions.map(({ replicas }) => replicas))
    const needed = fewestMoves(before, partitions.length)
    expect(plan.summary.leadersChanged).toBeLessThanOrEqual(1.02 * needed)
  })

  test('stay on as many brokers and in as many racks', () => {
    expect(after.every((ids) => ids.length === 3 && areApart(ids, rackOf))).toBe(true)
  })

  test('have topics that are about as evenly spread as they were', () => {
    const byTopic = [...Map.groupBy(after.keys(), (at) => partitions[at]?.topic).values()]
    const meanOf = (lists: readonly (readonly number[])[], ids: readonly number[]) => {
      const spread = byTopic.map((at) => {
        const own = at.map((one) => lists[one] ?? [])
        return unevenness(loadsIn(own, ids))
      })
      return spread.reduce((sum, one) => sum + one, 0) / topics
    }
    const before = partitions.map(({ replicas }) => replicas)
    expect(meanOf(after, usable.flat())).toBeLessThan(meanOf(before, range(added)) + 0.25)
  })

  test('are left alone once a plan was carried out', () => {
    expect(planMoves(carriedOut(image, plan), rules).moves).toEqual([])
  })
})

function areApart(ids: readonly number[], rackOf: ReadonlyMap<number, string | null>): boolean {
  const known = ids.filter((id) => rackOf.get(id) !== null)
  const racks = new Set(known.map((id) => rackOf.get(id)))
  return new Set(ids).size === ids.length && racks.size === known.length
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, id) => id)
}
