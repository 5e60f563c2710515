import type { TopicPartition } from './partition-name.ts'

/**
 * Something about each of many partitions: by topic, then by number, so that no partition needs a
 * name of its own.
 */
export class PartitionMap<T> {
  private readonly topics = new Map<string, Map<number, T>>()

  get({ topic, partition }: TopicPartition): T | undefined {
    return this.topics.get(topic)?.get(partition)
  }

  has(own: TopicPartition): boolean {
    return this.get(own) !== undefined
  }

  set({ topic, partition }: TopicPartition, value: T): void {
    const there = this.topics.get(topic)
    if (there === undefined) this.topics.set(topic, new Map([[partition, value]]))
    else there.set(partition, value)
  }

  /** @returns Whether it was there. */
  delete({ topic, partition }: TopicPartition): boolean {
    const there = this.topics.get(topic)
    if (there?.delete(partition) !== true) return false
    if (there.size === 0) this.topics.delete(topic)
    return true
  }

  /** In the order in which topics and their partitions were set first. */
  *entries(): Generator<TopicPartition & { value: T }> {
    for (const [topic, partitions] of this.topics) {
      for (const [partition, value] of partitions) yield { topic, partition, value }
    }
  }

  *values(): Generator<T> {
    for (const partitions of this.topics.values()) yield* partitions.values()
  }
}
