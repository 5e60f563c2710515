import fc from 'fast-check'
import { expect, test } from 'vitest'
import { negativeCycle } from '../../../../../operator/controller/decide/balance/negative-cycle.ts'
import { effort } from '../../../../support/effort.ts'

const none = Infinity

/** Graphs with 1 to 6 nodes, by both ends. */
const graphs = fc.integer({ min: 1, max: 6 }).chain((nodes) => {
  const cost = fc.oneof(fc.integer({ min: -3, max: 9 }), fc.constant(none))
  const costs = fc.array(cost, { minLength: nodes ** 2, maxLength: nodes ** 2 })
  return fc.record({ nodes: fc.constant(nodes), costs })
})

/** Whether there is one, by the nearest ways between all nodes (Floyd and Warshall). */
function hasNegativeCycle(nodes: number, costs: readonly number[]): boolean {
  const nearest = [...costs]
  const at = (from: number, to: number) => nearest[from * nodes + to] ?? none
  for (let by = 0; by < nodes; by++) {
    for (let from = 0; from < nodes; from++) {
      for (let to = 0; to < nodes; to++) {
        nearest[from * nodes + to] = Math.min(at(from, to), at(from, by) + at(by, to))
      }
    }
  }
  return Array.from({ length: nodes }, (_, node) => at(node, node)).some((cost) => cost < 0)
}

test('a cycle that costs less than nothing is found where there is one, and only there', () => {
  const property = fc.property(graphs, ({ nodes, costs }) => {
    const cycle = negativeCycle(nodes, Float64Array.from(costs))
    expect(cycle !== undefined).toBe(hasNegativeCycle(nodes, costs))
    if (cycle === undefined) return
    const cost = cycle.reduce((sum, from, at) => {
      const to = cycle[(at + 1) % cycle.length] ?? 0
      return sum + (costs[from * nodes + to] ?? none)
    }, 0)
    expect(cost).toBeLessThan(0)
    expect(new Set(cycle).size).toBe(cycle.length)
  })
  fc.assert(property, { numRuns: effort(1_000, 20_000) })
})
