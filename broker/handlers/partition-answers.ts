import { zeroUuid } from '../protocol/codec/uuid.ts'

/** A topic as a request names it, by name or by id. */
type Named = { readonly name: string; readonly topicId?: string }

type TopicAnswers<P> = { name: string; topicId: string; partitions: P[] }

/** What partitions are answered, each topic once, in the order in which they came to be answered. */
export class PartitionAnswers<P> {
  readonly #topics = new Map<string, TopicAnswers<P>>()

  add({ name, topicId = zeroUuid }: Named, partition: P): void {
    const key = name === '' ? topicId : name
    let topic = this.#topics.get(key)
    if (topic === undefined) {
      topic = { name, topicId, partitions: [] }
      this.#topics.set(key, topic)
    }
    topic.partitions.push(partition)
  }

  topics(): TopicAnswers<P>[] {
    return [...this.#topics.values()]
  }
}
