import type { Way } from './spread.ts'
import type { Survey } from './survey.ts'

/** How much each broker that may be given something has, in all and of each topic. Of others it counts nothing. */
export class Tally {
  readonly loads: Int32Array
  #total = 0
  readonly #topicOf: Int32Array
  /** By topic, then by broker: 4 MB for 10,000 topics on 100 brokers. */
  readonly #ofTopic: Int32Array

  constructor({ usable, partitions, topics }: Survey) {
    this.loads = new Int32Array(usable)
    this.#topicOf = Int32Array.from(partitions, ({ topic }) => topic)
    this.#ofTopic = new Int32Array(topics * usable)
  }

  /** What each would have if all had the same. */
  get share(): number {
    return this.#total / this.loads.length
  }

  add(partition: number, broker: number, count: 1 | -1): void {
    if (broker >= this.loads.length) return
    const at = this.#at(partition, broker)
    this.loads[broker] = (this.loads[broker] as number) + count
    this.#ofTopic[at] = (this.#ofTopic[at] as number) + count
    this.#total += count
  }

  move(partition: number, { from, to }: Way): void {
    this.add(partition, from, -1)
    this.add(partition, to, 1)
  }

  /** How much more of the topic of a partition the one broker has. */
  topicLead(partition: number, { from, to }: Way): number {
    const ofTopic = this.#ofTopic
    return (
      (ofTopic[this.#at(partition, from)] as number) - (ofTopic[this.#at(partition, to)] as number)
    )
  }

  #at(partition: number, broker: number): number {
    return (this.#topicOf[partition] as number) * this.loads.length + broker
  }
}
