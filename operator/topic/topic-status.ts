import type { MetadataImage, TopicImage } from '../../broker/metadata/image.ts'

/** What the metadata log says of one topic, as a status shows it. */
export type TopicView = {
  readonly name: string
  readonly topicId: string
  readonly partitions: readonly PartitionView[]
  readonly online: number
  readonly leaderless: number
  readonly underReplicated: number
}
export type PartitionView = {
  readonly id: number
  /** Null: none. */
  readonly leader: number | null
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
}

/** Pure; of a topic that did not change it is the same object. */
export function topicView(topic: TopicImage): TopicView {
  const known = views.get(topic)
  if (known !== undefined) return known
  const partitions = Array.from({ length: topic.partitions.count }, (_, id): PartitionView => {
    const { leader, replicas, isr } = topic.partitions.at(id)
    return { id, leader: leader === noLeader ? null : leader, replicas, isr }
  })
  const leaderless = partitions.filter(({ leader }) => leader === null).length
  const view = {
    name: topic.name,
    topicId: topic.id,
    partitions,
    online: partitions.length - leaderless,
    leaderless,
    underReplicated: partitions.filter(({ replicas, isr }) => isr.length < replicas.length).length,
  }
  views.set(topic, view)
  return view
}

/** All topics, by name. */
export function topicViews(image: MetadataImage): TopicView[] {
  const views = Array.from(image.topics.values(), topicView)
  return views.sort((a, b) => (a.name < b.name ? -1 : 1))
}

const noLeader = -1
const views = new WeakMap<TopicImage, TopicView>()
