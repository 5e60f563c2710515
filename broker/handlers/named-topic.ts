import { type MetadataImage, topicNamed } from '../metadata/image.ts'

/** A topic that a request of a group names, if it is there. */
export type NamedTopic = {
  readonly id: string
  readonly name: string
  readonly has: (partition: number) => boolean
}

/** @param options.byId Whether requests of that version have ids instead of names. */
export function namedTopic(
  image: MetadataImage,
  { name, topicId }: { readonly name: string; readonly topicId: string },
  { byId }: { byId: boolean },
): NamedTopic | undefined {
  const topic = byId ? image.topics.get(topicId) : topicNamed(image, name)
  if (topic === undefined) return undefined
  const { count } = topic.partitions
  return { id: topic.id, name: topic.name, has: (index) => index >= 0 && index < count }
}
