import type { Way } from './spread.ts'
import type { Survey } from './survey.ts'

/**
 * Which moves keep the replicas of a partition as evenly spread over racks as they are. They are spread as
 * evenly as brokers allow, as `place` puts them, where none can move to a rack that has two fewer. That is
 * also in as many racks as there are. Brokers whose rack is not known are in one together.
 */
export class Racks {
  /** How many. */
  readonly count: number
  readonly #survey: Survey
  /** By broker. */
  readonly #rackOf: Int32Array
  /** By rack: those of its brokers that may be given replicas. */
  readonly #brokers: readonly (readonly number[])[]
  /** Of the partition that is looked at. By broker: it has a replica; by rack: how many are in it. */
  readonly #has: Uint8Array
  readonly #inRack: Int32Array

  constructor(survey: Survey) {
    this.#survey = survey
    const { brokers, usable } = survey
    const racks = [...new Set(brokers.map(({ rack }) => rack))]
    this.count = racks.length
    this.#rackOf = Int32Array.from(brokers, ({ rack }) => racks.indexOf(rack))
    const mayHave = [...brokers.keys()].slice(0, usable)
    this.#brokers = racks.map((_, at) => mayHave.filter((broker) => this.#rackOf[broker] === at))
    this.#has = new Uint8Array(brokers.length)
    this.#inRack = new Int32Array(racks.length)
  }

  mayMove(places: readonly number[], { from, to }: Way): boolean {
    const rackFrom = this.#rackOf[from]
    const rackTo = this.#rackOf[to]
    let isThere = false
    let lead = 0
    for (const broker of places) {
      if (broker === to) return false
      if (broker === from) isThere = true
      const rack = this.#rackOf[broker]
      if (rack === rackFrom) lead++
      if (rack === rackTo) lead--
    }
    return isThere && (rackFrom === rackTo || lead > 0)
  }

  /** All that `mayMove` allows. */
  eachWay(places: readonly number[], visit: (from: number, to: number) => void): void {
    this.look(places)
    for (const from of places) {
      if (from >= this.#survey.usable) continue
      const rackFrom = this.#rackOf[from] as number
      for (const [rackTo, brokers] of this.#brokers.entries()) {
        if (rackTo !== rackFrom && this.#lead(rackFrom, rackTo) <= 0) continue
        for (const to of brokers) if (this.#has[to] === 0) visit(from, to)
      }
    }
    this.forget(places)
  }

  /** Counts a partition, for `has`, `others` and `lead`. Replicas on brokers that leave count for nothing. */
  look(places: readonly number[]): void {
    for (const broker of places) if (!this.#leaves(broker)) this.#count(broker, 1)
  }

  forget(places: readonly number[]): void {
    for (const broker of places) if (!this.#leaves(broker)) this.#count(broker, -1)
  }

  has(broker: number): boolean {
    return this.#has[broker] === 1
  }

  /** How many replicas are in the rack of a broker. */
  others(broker: number): number {
    return this.#inRack[this.#rackOf[broker] as number] as number
  }

  /** Whether all places are in racks of their own, or there is only one: as good as can be. */
  areApart(places: readonly number[]): boolean {
    const racks = new Set(places.map((broker) => this.#rackOf[broker]))
    return this.count === 1 || racks.size === places.length
  }

  /**
   * By broker a number that only those have in common that can ever give each other something, if only by
   * others. With three replicas in three racks those of one rack; with two replicas all.
   */
  groups(placesOfEach: Iterable<readonly number[]>): Int32Array {
    const groups = Int32Array.from(this.#brokers.keys())
    for (const places of placesOfEach) {
      const racks = this.#exchanging(places)
      const together = new Set(racks.map((rack) => groups[rack] as number))
      const [first, ...others] = together
      if (first === undefined || others.length === 0) continue
      for (const [rack, group] of groups.entries()) if (together.has(group)) groups[rack] = first
    }
    return this.#rackOf.map((rack) => groups[rack] as number).subarray(0, this.#survey.usable)
  }

  /** The racks of which one may give a replica to another. Later it may be the other way, but with the same. */
  #exchanging(places: readonly number[]): number[] {
    this.look(places)
    const open = [...this.#brokers.keys()].filter((rack) => {
      return this.#brokers[rack]?.some((broker) => !this.has(broker))
    })
    const least = Math.min(...open.map((rack) => this.#inRack[rack] as number))
    const takers = open.filter((rack) => this.#inRack[rack] === least)
    const givers = places.filter((broker) => {
      return broker < this.#survey.usable && this.others(broker) > least
    })
    this.forget(places)
    if (givers.length === 0) return []
    return [...givers.map((broker) => this.#rackOf[broker] as number), ...takers]
  }

  #lead(from: number, to: number): number {
    return (this.#inRack[from] as number) - (this.#inRack[to] as number)
  }

  #count(broker: number, count: 1 | -1): void {
    const rack = this.#rackOf[broker] as number
    this.#has[broker] = count === 1 ? 1 : 0
    this.#inRack[rack] = (this.#inRack[rack] as number) + count
  }

  #leaves(broker: number): boolean {
    return this.#survey.brokers[broker]?.isLeaving === true
  }
}
