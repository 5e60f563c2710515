import { topicOrigins } from '../../../broker/metadata/apply-topics.ts'
import type { MetadataImage, TopicOwner } from '../../../broker/metadata/image.ts'
import { metadataRecord } from '../../../broker/metadata/records.ts'
import { KafkaError } from '../../../broker/protocol/errors.ts'
import type { Decision } from './decision.ts'

/** A topic, and the uid of a Topic resource. */
export type Ownership = { readonly topicId: string; readonly resourceUid: string }

/**
 * Gives a topic to a resource. Of what is so already nothing is written.
 *
 * @throws {KafkaError} UNKNOWN_TOPIC_ID; POLICY_VIOLATION, if it is another resource's.
 */
export function ownTopic(image: MetadataImage, { topicId, resourceUid }: Ownership) {
  const owner = ownerOf(image, topicId)
  if (owner?.origin !== 'resource' || owner.resourceUid === null) {
    return setOwner(topicId, { origin: 'resource', resourceUid })
  }
  if (owner.resourceUid === resourceUid) return nothing
  const message = `the topic is that of another Topic resource (uid ${owner.resourceUid})`
  throw new KafkaError('POLICY_VIOLATION', message)
}

/**
 * Says which resource shows a topic that was made over the protocol, so that it is known from now on
 * whether it is not made yet or was deleted. Of what is so already nothing is written.
 *
 * @throws {KafkaError} UNKNOWN_TOPIC_ID; POLICY_VIOLATION, if it is a resource's, or the brokers' own.
 */
export function mirrorTopic(image: MetadataImage, { topicId, resourceUid }: Ownership) {
  const owner = ownerOf(image, topicId)
  if (owner !== undefined && owner.origin !== 'protocol') {
    throw new KafkaError('POLICY_VIOLATION', 'the topic was not made over the protocol')
  }
  if (owner?.resourceUid === resourceUid) return nothing
  return setOwner(topicId, { origin: 'protocol', resourceUid })
}

/**
 * Takes from a topic the resource that showed it. That is gone, and nobody meant it: the topic gets
 * another one.
 *
 * @throws {KafkaError} UNKNOWN_TOPIC_ID
 */
export function forgetMirror(image: MetadataImage, { topicId, resourceUid }: Ownership) {
  const owner = ownerOf(image, topicId)
  if (owner?.origin !== 'protocol' || owner.resourceUid !== resourceUid) return nothing
  return setOwner(topicId, { origin: 'protocol', resourceUid: null })
}

/**
 * Takes a topic from a resource that is no more; it stays, as if it had been made over the protocol,
 * and its resource had been deleted.
 *
 * @throws {KafkaError} UNKNOWN_TOPIC_ID
 */
export function disownTopic(image: MetadataImage, { topicId, resourceUid }: Ownership) {
  const owner = ownerOf(image, topicId)
  if (owner?.origin !== 'resource' || owner.resourceUid !== resourceUid) return nothing
  return setOwner(topicId, { origin: 'protocol', resourceUid })
}

const nothing: Decision<undefined> = { records: [], response: undefined }

function ownerOf(image: MetadataImage, topicId: string): TopicOwner | undefined {
  const topic = image.topics.get(topicId)
  if (topic !== undefined) return topic.owner
  throw new KafkaError('UNKNOWN_TOPIC_ID', 'This server does not host this topic ID.')
}

function setOwner(topicId: string, { origin, resourceUid }: TopicOwner): Decision<undefined> {
  const record = { topicId, origin: topicOrigins.indexOf(origin), resourceUid }
  return { records: [metadataRecord('TopicOwnerRecord', record)], response: undefined }
}
