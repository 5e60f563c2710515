/**
 * A cycle in a graph that costs less than nothing (Bellman-Ford, from everywhere at once).
 *
 * @param costs By both ends: from * nodes + to. Infinity where there is no edge.
 * @returns Its nodes in their order, each once. Undefined: there is none.
 */
export function negativeCycle(nodes: number, costs: Float64Array): number[] | undefined {
  const distance = new Float64Array(nodes)
  const before = new Int32Array(nodes).fill(-1)
  for (let isNearer = true; isNearer; ) {
    isNearer = false
    for (let from = 0; from < nodes; from++) {
      const base = distance[from] as number
      for (let to = 0; to < nodes; to++) {
        const through = base + (costs[from * nodes + to] as number)
        if (through >= (distance[to] as number)) continue
        distance[to] = through
        before[to] = from
        isNearer = true
      }
    }
    // Without one the paths have no more edges than there are nodes, and the rounds end.
    const cycle = isNearer ? cycleIn(before) : undefined
    if (cycle !== undefined) return cycle
  }
  return undefined
}

/** Whoever comes to a node from which it came went around. */
function cycleIn(before: Int32Array): number[] | undefined {
  const seenFrom = new Int32Array(before.length).fill(-1)
  for (let start = 0; start < before.length; start++) {
    let node = start
    while (node >= 0 && seenFrom[node] === -1) {
      seenFrom[node] = start
      node = before[node] as number
    }
    if (node < 0 || seenFrom[node] !== start) continue
    const cycle = [node]
    for (let at = before[node] as number; at !== node; at = before[at] as number) cycle.push(at)
    return cycle.reverse()
  }
  return undefined
}
