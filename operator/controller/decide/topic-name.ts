import type { MetadataImage } from '../../../broker/metadata/image.ts'
import { topicNamed } from '../../../broker/metadata/image.ts'
import { KafkaError } from '../../../broker/protocol/errors.ts'

/**
 * Whether a topic may have that name, by Kafka's rules (Topic.validate). Names that differ only in
 * dots and underscores are refused, since metrics cannot tell them apart.
 *
 * @throws {KafkaError} INVALID_TOPIC_EXCEPTION, TOPIC_ALREADY_EXISTS.
 */
export function checkTopicName(image: MetadataImage, name: string): void {
  const why = whyNot(name)
  if (why !== undefined) throw new KafkaError('INVALID_TOPIC_EXCEPTION', `a topic's name ${why}`)
  if (topicNamed(image, name) !== undefined) {
    throw new KafkaError('TOPIC_ALREADY_EXISTS', `topic ${name} is there already`)
  }
  if (!/[._]/.test(name)) return
  for (const other of image.topics.values()) {
    if (inMetrics(other.name) !== inMetrics(name)) continue
    const what = `${name} and ${other.name} would be the same in metrics, which turn . into _`
    throw new KafkaError('INVALID_TOPIC_EXCEPTION', what)
  }
}

function whyNot(name: string): string | undefined {
  if (name === '') return 'is not empty'
  if (name === '.' || name === '..') return 'is not . or ..'
  if (name.length > longest) return `has at most ${longest} characters, not ${name.length}`
  if (!/^[a-zA-Z0-9._-]+$/.test(name))
    return `has letters, digits, . _ and -, which ${name} has not`
  return undefined
}

function inMetrics(name: string): string {
  return name.replaceAll('.', '_')
}

/** A directory is named after it, with a partition and a suffix. */
const longest = 249
