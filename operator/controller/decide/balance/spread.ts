import { improveByChains } from './chains.ts'
import { moveDirectly } from './direct-moves.ts'

/**
 * Something that partitions have on brokers (their replicas, or who leads them) and that each broker is to
 * have as much of. Brokers and partitions are indexes of a survey; brokers only those that may be given
 * something.
 */
export type Spread = {
  /** By broker: how much it has, with what cannot be moved. */
  readonly loads: Int32Array
  /** By broker a number. Those that have not the same can never give each other anything. */
  readonly groupOf: Int32Array
  /** By broker: how much it had to begin with that it may keep. */
  readonly kept: Int32Array
  /** How much is where it was not to begin with. */
  readonly away: number
  /** The partitions that have something that may be moved. */
  readonly movable: readonly number[]
  /** By broker: those of them of which it has something. */
  held(): number[][]
  /** Whether a partition has something on the one broker and may have it on the other. */
  mayMove(partition: number, way: Way): boolean
  /** Does it. */
  move(partition: number, way: Way): void
  /** All ways that `mayMove` allows a partition. */
  eachWay(partition: number, visit: (from: number, to: number) => void): void
  /** Whether a partition had this on the broker to begin with. */
  isHome(partition: number, broker: number): boolean
  /** How much more of the topic the one broker has than the other. */
  topicLead(partition: number, way: Way): number
  /** Whether this partition is as good to move as any. */
  suits(partition: number, way: Way): boolean
}

export type Way = { readonly from: number; readonly to: number }

/**
 * Moves as much as it takes to make the brokers as even as they can be (the sum of the squares of what they
 * have is the least), and of all that are as even, what takes the fewest moves. Both are exact: it is a
 * flow of least cost, and it has none smaller once no cycle makes it smaller.
 */
export function evenOut(spread: Spread): void {
  if (spread.loads.length < 2) return
  moveDirectly(spread)
  if (!isKnownToBeLeast(spread)) improveByChains(spread)
}

/**
 * Whether nothing can be better, at a glance: brokers of a group differ by one at most, and no more was moved
 * than what each has beyond its share, and what none may keep.
 */
function isKnownToBeLeast({ loads, groupOf, kept, away }: Spread): boolean {
  const brokers = [...loads.keys()]
  let least = 0
  for (const members of Map.groupBy(brokers, (broker) => groupOf[broker]).values()) {
    const total = members.reduce((sum, broker) => sum + (loads[broker] as number), 0)
    const share = Math.floor(total / members.length)
    if (members.some((broker) => Math.abs((loads[broker] as number) - share - 0.5) > 0.5)) {
      return false
    }
    // Those that have the most to begin with are the ones to have one more.
    let larger = total - share * members.length
    least += total
    const most = members.map((broker) => kept[broker] as number).sort((a, b) => b - a)
    for (const count of most) least -= Math.min(count, larger-- > 0 ? share + 1 : share)
  }
  return away === least
}
