import { type MetadataImage, type TopicImage, topicNamed } from '../metadata/image.ts'
import type { TopicKey } from '../partition/partitions.ts'

export function topicOf(image: MetadataImage, key: TopicKey): TopicImage | undefined {
  return 'id' in key ? image.topics.get(key.id) : topicNamed(image, key.name)
}
