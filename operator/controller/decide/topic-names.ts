import type { MetadataImage, TopicImage } from '../../../broker/metadata/image.ts'
import { metadataTopic } from '../../../broker/metadata/metadata-topic.ts'
import { KafkaError } from '../../../broker/protocol/errors.ts'
import { collisionName, topicNamePattern } from '../../api/topic/topic-name.ts'

const maxNameLength = 249 // so that a directory has room for the partition behind it

/**
 * Whether a topic may be called so.
 *
 * @param taken By `collisionName`, the names that others have.
 * @throws {KafkaError} INVALID_TOPIC_EXCEPTION, INVALID_REQUEST, TOPIC_ALREADY_EXISTS. Source:
 *   Topic.validate, ReplicationControlManager.validateNewTopicNames.
 */
export function checkNewName(name: string, image: MetadataImage, taken: TakenNames): void {
  if (name === metadataTopic) {
    throw new KafkaError('INVALID_REQUEST', `creation of ${metadataTopic} is prohibited`)
  }
  checkName(name)
  if (image.topicIds.has(name)) {
    throw new KafkaError('TOPIC_ALREADY_EXISTS', `Topic '${name}' already exists.`)
  }
  const other = taken.colliding(name)
  if (other === undefined) return
  const message = `Topic '${name}' collides with existing topic: ${other}`
  throw new KafkaError('INVALID_TOPIC_EXCEPTION', message)
}

/** Whether any topic could be called so. @throws {KafkaError} INVALID_TOPIC_EXCEPTION. */
export function checkName(name: string): void {
  if (topicNamePattern.match.test(name) && name.length <= maxNameLength) return
  const length = `at most ${maxNameLength}`
  const message = `a topic name has ${length} ${topicNamePattern.says}, found "${name.slice(0, 300)}"`
  throw new KafkaError('INVALID_TOPIC_EXCEPTION', message)
}

/** The names that are taken while one request is decided. */
export class TakenNames {
  readonly #image: MetadataImage
  readonly #added = new Map<string, string>()

  constructor(image: MetadataImage) {
    this.#image = image
  }

  add(name: string): void {
    this.#added.set(collisionName(name), name)
  }

  /** Another name that differs in `.` and `_` only. */
  colliding(name: string): string | undefined {
    if (!/[._]/.test(name)) return undefined
    const added = this.#added.get(collisionName(name))
    if (added !== undefined && added !== name) return added
    return existing(this.#image, name)
  }
}

/** Looked for only where a name has such a character; buckets that did not change are remembered. */
function existing({ topicIds }: MetadataImage, name: string): string | undefined {
  const wanted = collisionName(name)
  for (const bucket of topicIds.buckets) {
    if (bucket === undefined) continue
    let names = known.get(bucket)
    if (names === undefined) {
      names = new Map([...bucket.keys()].map((other) => [collisionName(other), other]))
      known.set(bucket, names)
    }
    const other = names.get(wanted)
    if (other !== undefined && other !== name) return other
  }
  return undefined
}

const known = new WeakMap<object, Map<string, string>>()

/** The topic that a request names. @throws {KafkaError} UNKNOWN_TOPIC_OR_PARTITION. */
export function topicCalled(image: MetadataImage, name: string): TopicImage {
  const id = image.topicIds.get(name)
  const topic = id === undefined ? undefined : image.topics.get(id)
  if (topic !== undefined) return topic
  throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', 'This server does not host this topic.')
}

/** Who asks: somebody over Kafka's protocol, or the reconciler for a Topic resource. */
export type AskedBy = 'protocol' | 'resource'

/**
 * A topic that has a Topic resource is what that says; changed elsewhere it would be changed back.
 *
 * @throws {KafkaError} POLICY_VIOLATION.
 */
export function checkOwner({ name, owner }: TopicImage, by: AskedBy): void {
  if (by === 'resource' || owner?.origin !== 'resource') return
  const message = `topic ${name} is made by a Topic resource (uid ${owner.resourceUid ?? 'not known'})`
  throw new KafkaError('POLICY_VIOLATION', `${message}: change or delete that instead`)
}
