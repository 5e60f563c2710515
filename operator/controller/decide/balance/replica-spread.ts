import { Racks } from './racks.ts'
import type { Spread, Way } from './spread.ts'
import type { Survey } from './survey.ts'
import { Tally } from './tally.ts'

/** Where replicas are. To begin with none is left on a broker that leaves, and all are spread over racks. */
export class ReplicaSpread implements Spread {
  readonly movable: readonly number[]
  readonly groupOf: Int32Array
  readonly kept: Int32Array
  away = 0
  /** The partitions that were not spread over racks, or are not once those who leave are gone. */
  readonly wereUneven = new Set<number>()
  readonly #survey: Survey
  readonly #racks: Racks
  readonly #tally: Tally
  readonly #preferred: Tally
  /** By partition: where it is now, and where it was; the preferred leader first. */
  readonly #places: number[][]
  readonly #homes: readonly (readonly number[])[]

  constructor(survey: Survey) {
    const { brokers, partitions, movable } = survey
    this.#survey = survey
    this.movable = movable
    const indexOf = new Map(brokers.map(({ id }, at) => [id, at]))
    this.#homes = partitions.map(({ replicas }) => replicas.map((id) => indexOf.get(id) as number))
    this.#places = this.#homes.map((home) => [...home])
    this.#racks = new Racks(survey)
    this.#tally = new Tally(survey)
    this.#preferred = new Tally(survey)
    for (const [partition, home] of this.#homes.entries()) {
      for (const broker of home) this.#tally.add(partition, broker, 1)
      const [first] = home
      if (first !== undefined) this.#preferred.add(partition, first, 1)
    }
    this.kept = this.loads.slice()
    for (const partition of movable) this.#leave(partition)
    for (const partition of movable) this.#spreadOverRacks(partition)
    this.groupOf = this.#racks.groups(movable.map((partition) => this.brokersOf(partition)))
  }

  get loads(): Int32Array {
    return this.#tally.loads
  }

  brokersOf(partition: number): readonly number[] {
    return this.#places[partition] as number[]
  }

  homesOf(partition: number): readonly number[] {
    return this.#homes[partition] as number[]
  }

  held(): number[][] {
    const held = Array.from(this.loads, (): number[] => [])
    for (const partition of this.movable) {
      for (const broker of this.brokersOf(partition)) held[broker]?.push(partition)
    }
    return held
  }

  mayMove(partition: number, way: Way): boolean {
    return this.#racks.mayMove(this.brokersOf(partition), way)
  }

  move(partition: number, { from, to }: Way): void {
    const places = this.#places[partition] as number[]
    const at = places.indexOf(from)
    places[at] = to
    this.away += Number(this.isHome(partition, from)) - Number(this.isHome(partition, to))
    this.#tally.move(partition, { from, to })
    if (at === 0) this.#preferred.move(partition, { from, to })
  }

  eachWay(partition: number, visit: (from: number, to: number) => void): void {
    this.#racks.eachWay(this.brokersOf(partition), visit)
  }

  isHome(partition: number, broker: number): boolean {
    return this.homesOf(partition).includes(broker)
  }

  topicLead(partition: number, way: Way): number {
    return this.#tally.topicLead(partition, way)
  }

  /** One that takes its preferred leader along, where that evens these out; else one that does not. */
  suits(partition: number, { from, to }: Way): boolean {
    const { loads, share } = this.#preferred
    const isWanted =
      (loads[from] as number) > share &&
      (loads[to] as number) < share &&
      this.#preferred.topicLead(partition, { from, to }) > 0
    return isWanted === (this.brokersOf(partition)[0] === from)
  }

  #leave(partition: number): void {
    for (const from of this.homesOf(partition)) {
      if (this.#survey.brokers[from]?.isLeaving !== true) continue
      this.#racks.look(this.brokersOf(partition))
      const to = this.#best(partition)
      this.#racks.forget(this.brokersOf(partition))
      this.move(partition, { from, to })
    }
  }

  #spreadOverRacks(partition: number): void {
    const places = this.brokersOf(partition)
    if (this.#racks.areApart(places)) return
    for (;;) {
      this.#racks.look(places)
      const to = this.#best(partition)
      const from = this.#worst(partition)
      const lead = to < 0 || from < 0 ? 0 : this.#racks.others(from) - this.#racks.others(to)
      this.#racks.forget(places)
      if (lead < 2) return
      this.wereUneven.add(partition)
      this.move(partition, { from, to })
    }
  }

  /** Where another replica of the partition that is looked at is best; -1: all have one. */
  #best(partition: number): number {
    let best = -1
    for (let broker = 0; broker < this.#survey.usable; broker++) {
      if (this.#racks.has(broker)) continue
      if (best < 0 || this.#compare(partition, { from: broker, to: best }) < 0) best = broker
    }
    return best
  }

  /** Which of its replicas would be the first to go; -1: none may. */
  #worst(partition: number): number {
    let worst = -1
    for (const broker of this.brokersOf(partition)) {
      if (broker >= this.#survey.usable) continue
      if (worst < 0 || this.#compare(partition, { from: broker, to: worst }) >= 0) worst = broker
    }
    return worst
  }

  /** How much more the one has: in its rack of the partition, itself of all, and then of the topic. */
  #compare(partition: number, { from, to }: Way): number {
    return (
      this.#racks.others(from) - this.#racks.others(to) ||
      (this.loads[from] as number) - (this.loads[to] as number) ||
      this.topicLead(partition, { from, to })
    )
  }
}
