import { invariant } from '../../../../lib/invariant.ts'
import { negativeCycle } from './negative-cycle.ts'
import type { Spread, Way } from './spread.ts'

/**
 * Makes a spread the best there is: where A may give nothing to C, but A to B and B to C, it does both;
 * where something was moved that could have stayed, it goes back. Until no such chain is left.
 */
export function improveByChains(spread: Spread): void {
  new Chains(spread).improve()
}

/**
 * The residual graph of the flow. Its nodes are the brokers, and one that stands for how even they are: a
 * chain of moves from A to C is a cycle through it, of which the cost is how much less even A and C get,
 * and then how many more moves it takes.
 */
class Chains {
  readonly #spread: Spread
  readonly #brokers: number
  readonly #evenness: number
  readonly #nodes: number
  /** By both brokers and cost (from -1 on): how many partitions may be moved so. */
  readonly #ways: Int32Array
  /** By both nodes. */
  readonly #costs: Float64Array
  /** By broker: all that it has; some it had. */
  readonly #held: number[][]
  /** By broker: where in that to look first. */
  readonly #looked: Int32Array
  /** One less even is worse than all moves that a chain can take. */
  readonly #weight: number

  constructor(spread: Spread) {
    const brokers = spread.loads.length
    this.#spread = spread
    this.#brokers = brokers
    this.#evenness = brokers
    this.#nodes = brokers + 1
    this.#weight = 2 * brokers
    this.#ways = new Int32Array(costs * brokers ** 2)
    this.#costs = new Float64Array(this.#nodes ** 2).fill(Infinity)
    this.#held = spread.held()
    this.#looked = new Int32Array(brokers)
  }

  improve(): void {
    this.#look()
    for (;;) {
      const cycle = negativeCycle(this.#nodes, this.#costs)
      if (cycle === undefined) return
      this.#follow(cycle)
    }
  }

  #look(): void {
    for (const partition of this.#spread.movable) {
      this.#spread.eachWay(partition, (from, to) => {
        const at = this.#at(partition, { from, to })
        this.#ways[at] = (this.#ways[at] as number) + 1
      })
    }
    for (let from = 0; from < this.#brokers; from++) {
      for (let to = 0; to < this.#brokers; to++) this.#price(from, to)
      this.#priceLoad(from)
    }
  }

  /**
   * Goes around a cycle as often as that is worth it and can be done, which is once at least.
   *
   * It could not be done if two of its ways, A to C and D to E, needed the same partition, which can go only
   * one of them (both go to the last place in a rack, or come from it). But such a partition can also go
   * from A to E or from D to C, and these two cost together what the others do. So of C and E one was as
   * near by the other way, and Bellman-Ford, which looks at all ways from a node at once, took that.
   */
  #follow(cycle: readonly number[]): void {
    invariant(this.#goAround(cycle), 'a cycle of nearest ways takes each partition but one way')
    while (this.#costOf(cycle) < 0 && this.#goAround(cycle));
  }

  /** @returns False: it cannot be done, and nothing is. */
  #goAround(cycle: readonly number[]): boolean {
    const ways = waysOf(cycle).filter((way) => this.#isReal(way))
    const wanted = ways.map((way) => ({ way, cost: this.#cheapest(way) }))
    const done: { partition: number; way: Way }[] = []
    for (const { way, cost } of wanted) {
      const partition = this.#find(way, cost)
      if (partition === undefined) {
        for (const { partition, way } of done.reverse()) this.#move(partition, back(way))
        return false
      }
      this.#move(partition, way)
      done.push({ partition, way })
    }
    return true
  }

  #find(way: Way, cost: number): number | undefined {
    if (this.#ways[this.#index(way) + cost + 1] === 0) return undefined
    const held = this.#held[way.from] as number[]
    const first = this.#looked[way.from] as number
    for (let i = 0; i < held.length; i++) {
      const at = (first + i) % held.length
      const partition = held[at] as number
      if (!this.#allows(partition, way, cost)) continue
      this.#looked[way.from] = at
      return partition
    }
    return undefined
  }

  #allows(partition: number, way: Way, cost: number): boolean {
    return this.#spread.mayMove(partition, way) && this.#moveCost(partition, way) === cost
  }

  #move(partition: number, way: Way): void {
    this.#count(partition, -1)
    this.#spread.move(partition, way)
    this.#count(partition, 1)
    this.#held[way.to]?.push(partition)
    this.#priceLoad(way.from)
    this.#priceLoad(way.to)
  }

  #count(partition: number, count: 1 | -1): void {
    this.#spread.eachWay(partition, (from, to) => {
      const at = this.#at(partition, { from, to })
      const before = this.#ways[at] as number
      this.#ways[at] = before + count
      if (before === 0 || before + count === 0) this.#price(from, to)
    })
  }

  #price(from: number, to: number): void {
    this.#costs[from * this.#nodes + to] = this.#cheapest({ from, to })
  }

  /** What it costs that a broker gets one more, and what it brings that it has one fewer. */
  #priceLoad(broker: number): void {
    const load = this.#spread.loads[broker] as number
    this.#costs[broker * this.#nodes + this.#evenness] = this.#weight * (load + 1)
    this.#costs[this.#evenness * this.#nodes + broker] = -this.#weight * load
  }

  #costOf(cycle: readonly number[]): number {
    return waysOf(cycle).reduce((sum, { from, to }) => {
      return sum + (this.#costs[from * this.#nodes + to] as number)
    }, 0)
  }

  #cheapest(way: Way): number {
    const first = this.#index(way)
    for (let cost = 0; cost < costs; cost++) if (this.#ways[first + cost] !== 0) return cost - 1
    return Infinity
  }

  #at(partition: number, way: Way): number {
    return this.#index(way) + this.#moveCost(partition, way) + 1
  }

  #index({ from, to }: Way): number {
    return costs * (from * this.#brokers + to)
  }

  /** How many more moves it makes: -1 where it goes home, 0 where it was away already. */
  #moveCost(partition: number, { from, to }: Way): number {
    return Number(this.#spread.isHome(partition, from)) - Number(this.#spread.isHome(partition, to))
  }

  #isReal({ from, to }: Way): boolean {
    return from !== this.#evenness && to !== this.#evenness
  }
}

/** -1, 0 and 1. */
const costs = 3

function waysOf(cycle: readonly number[]): Way[] {
  return cycle.map((from, at) => ({ from, to: cycle[(at + 1) % cycle.length] as number }))
}

function back({ from, to }: Way): Way {
  return { from: to, to: from }
}
