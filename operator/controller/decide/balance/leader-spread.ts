import type { ReplicaSpread } from './replica-spread.ts'
import type { Spread, Way } from './spread.ts'
import type { Survey } from './survey.ts'
import { Tally } from './tally.ts'

/**
 * Who is to lead, of the brokers that have replicas. Where it is one that is fenced it stays: that one
 * comes back.
 */
export class LeaderSpread implements Spread {
  readonly movable: readonly number[]
  /** Any may be given what any other leads, if only by others. */
  readonly groupOf: Int32Array
  readonly kept: Int32Array
  away = 0
  readonly #replicas: ReplicaSpread
  readonly #tally: Tally
  /** By partition. -1: it has no replicas. */
  readonly #leaders: Int32Array

  constructor(survey: Survey, replicas: ReplicaSpread) {
    const { partitions, usable, movable } = survey
    this.#replicas = replicas
    this.#tally = new Tally(survey)
    this.groupOf = new Int32Array(usable)
    this.kept = new Int32Array(usable)
    this.#leaders = Int32Array.from(partitions, (_, at) => replicas.brokersOf(at)[0] ?? -1)
    this.movable = movable.filter((partition) => this.leaderOf(partition) < usable)
    for (const [partition, leader] of this.#leaders.entries()) {
      if (leader < 0) continue
      this.#tally.add(partition, leader, 1)
      const home = replicas.homesOf(partition)[0] as number
      if (leader !== home) this.away++
      const mayStay = replicas.brokersOf(partition).includes(home)
      if (mayStay && home < usable) this.kept[home] = (this.kept[home] as number) + 1
    }
  }

  get loads(): Int32Array {
    return this.#tally.loads
  }

  leaderOf(partition: number): number {
    return this.#leaders[partition] as number
  }

  held(): number[][] {
    const held = Array.from(this.loads, (): number[] => [])
    for (const partition of this.movable) held[this.leaderOf(partition)]?.push(partition)
    return held
  }

  mayMove(partition: number, { from, to }: Way): boolean {
    return this.leaderOf(partition) === from && this.#replicas.brokersOf(partition).includes(to)
  }

  move(partition: number, { from, to }: Way): void {
    this.#leaders[partition] = to
    this.away += Number(this.isHome(partition, from)) - Number(this.isHome(partition, to))
    this.#tally.move(partition, { from, to })
  }

  eachWay(partition: number, visit: (from: number, to: number) => void): void {
    const from = this.leaderOf(partition)
    for (const to of this.#replicas.brokersOf(partition)) {
      if (to !== from && to < this.loads.length) visit(from, to)
    }
  }

  isHome(partition: number, broker: number): boolean {
    return this.#replicas.homesOf(partition)[0] === broker
  }

  topicLead(partition: number, way: Way): number {
    return this.#tally.topicLead(partition, way)
  }

  suits(): boolean {
    return true
  }
}
