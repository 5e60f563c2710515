/** Something about each of many partitions, by the id of their topic and then by number: no key is made of the two. */
export class ByPartition<T> {
  readonly #topics = new Map<string, Map<number, T>>()
  #size = 0

  get size(): number {
    return this.#size
  }

  get(topicId: string, partition: number): T | undefined {
    return this.#topics.get(topicId)?.get(partition)
  }

  set(topicId: string, partition: number, value: T): void {
    let partitions = this.#topics.get(topicId)
    if (partitions === undefined) {
      partitions = new Map()
      this.#topics.set(topicId, partitions)
    }
    const { size } = partitions
    partitions.set(partition, value)
    this.#size += partitions.size - size
  }

  /** @returns Whether it was there. */
  delete(topicId: string, partition: number): boolean {
    const partitions = this.#topics.get(topicId)
    if (partitions?.delete(partition) !== true) return false
    this.#size -= 1
    if (partitions.size === 0) this.#topics.delete(topicId)
    return true
  }

  clear(): void {
    this.#topics.clear()
    this.#size = 0
  }

  *values(): Generator<T> {
    for (const partitions of this.#topics.values()) yield* partitions.values()
  }
}
