import fc from 'fast-check'
import { expect, test } from 'vitest'
import { effort } from '../../../../support/effort.ts'
import { anyCluster, loadsIn, type Member, placesAfter, planFor, type Spot } from './support.ts'

/** How uneven brokers are (the sum of the squares of their loads), and what that costs. */
type Outcome = { squares: number; cost: number }

/** What a partition may become, and at what cost. */
type Choice = { ids: readonly number[]; cost: number }

const roles = ['usual', 'usual', 'usual', 'usual', 'fenced', 'leaving'] as const

test.each([
  ['4 brokers in up to 3 racks', { brokers: 4, partitions: 6, racks: 3 }],
  ['6 brokers in up to 3 racks', { brokers: 6, partitions: 8, racks: 3 }],
  ['6 brokers in up to 4 racks', { brokers: 6, partitions: 5, racks: 4 }],
])('of all plans there are for %s none is better', (_, shape) => {
  const property = fc.property(anyCluster({ ...shape, roles }), ({ cluster, partitions }) => {
    const plan = planFor(cluster, partitions)
    fc.pre(plan.stays.length === 0)
    const after = placesAfter(partitions, plan)
    const usable = cluster.filter(({ role }) => role === 'usual').map(({ id }) => id)
    const squaresOf = (lists: readonly (readonly number[])[]) => {
      return loadsIn(lists, usable).reduce((sum, load) => sum + load ** 2, 0)
    }

    const { replicasMoved, leadersChanged } = plan.summary
    const choices = partitions.map((spot) => placesOf(cluster, spot))
    const replicas = { squares: squaresOf(after), cost: replicasMoved }
    expect(replicas).toEqual(bestOf(choices, usable))

    const led = after.map((ids) => ids.slice(0, 1))
    const leaders = { squares: squaresOf(led), cost: leadersChanged }
    const mayLead = after.map((ids, index) => leadersOf(ids, { usable, spot: partitions[index] }))
    expect(leaders).toEqual(bestOf(mayLead, usable))
  })
  fc.assert(property, { numRuns: effort(300, 10_000) })
})

/** All that keep to the rules: no more of a rack than must be, and fenced brokers keep what they have. */
function placesOf(cluster: readonly Member[], { replicas }: Spot): Choice[] {
  const roleOf = new Map(cluster.map(({ id, role }) => [id, role]))
  const fenced = replicas.filter((id) => roleOf.get(id) === 'fenced')
  const usable = cluster.filter(({ role }) => role === 'usual').map(({ id }) => id)
  const all = subsets(usable, replicas.length - fenced.length).map((ids) => [...fenced, ...ids])
  const together = (ids: readonly number[]) => {
    const racks = Map.groupBy(ids, (id) => cluster.find((member) => member.id === id)?.rack)
    return [...racks.values()].reduce((sum, { length }) => sum + length ** 2, 0)
  }
  const least = Math.min(...all.map(together))
  const good = all.filter((ids) => together(ids) === least)
  return good.map((ids) => ({ ids, cost: ids.filter((id) => !replicas.includes(id)).length }))
}

/** Who may lead a partition. Where that is a fenced broker it stays. */
function leadersOf(
  ids: readonly number[],
  { usable, spot }: { usable: readonly number[]; spot: Spot | undefined },
): Choice[] {
  const first = spot?.replicas[0] ?? -1
  const mayLead = ids.includes(first) && !usable.includes(first) ? [first] : ids
  const leaders = mayLead.filter((id) => id === first || usable.includes(id))
  return leaders.map((id) => ({ ids: [id], cost: id === first ? 0 : 1 }))
}

/** The least that there is, found by going through all loads that brokers can have. */
function bestOf(partitions: readonly (readonly Choice[])[], brokers: readonly number[]): Outcome {
  let reached = new Map<string, { loads: number[]; cost: number }>()
  reached.set('', { loads: brokers.map(() => 0), cost: 0 })
  for (const choices of partitions) {
    const next: typeof reached = new Map()
    for (const before of reached.values()) {
      for (const { ids, cost: extra } of choices) {
        const loads = before.loads.map((load, at) => load + Number(ids.includes(brokers[at] ?? -1)))
        const cost = before.cost + extra
        if (cost < (next.get(`${loads}`)?.cost ?? Infinity)) next.set(`${loads}`, { loads, cost })
      }
    }
    reached = next
  }
  const outcomes = [...reached.values()].map(({ loads, cost }) => {
    return { squares: loads.reduce((sum, load) => sum + load ** 2, 0), cost }
  })
  return outcomes.reduce((a, b) => ((a.squares - b.squares || a.cost - b.cost) <= 0 ? a : b))
}

function subsets(ids: readonly number[], size: number): number[][] {
  if (size === 0) return [[]]
  return ids.flatMap((id, at) => subsets(ids.slice(at + 1), size - 1).map((rest) => [id, ...rest]))
}
