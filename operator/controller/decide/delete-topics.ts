import type { MetadataImage, TopicImage } from '../../../broker/metadata/image.ts'
import { type MetadataRecord, metadataRecord } from '../../../broker/metadata/records.ts'
import type { RequestOf, ResponseInputOf } from '../../../broker/protocol/apis.ts'
import { zeroUuid } from '../../../broker/protocol/codec/uuid.ts'
import type { Entries } from '../../../broker/protocol/config/topic-values.ts'
import { KafkaError } from '../../../broker/protocol/errors.ts'
import { mayDeleteTopics } from './config-values.ts'
import type { Decision } from './decision.ts'
import { duplicates, fine, outcomeOf } from './settled.ts'
import { type AskedBy, checkOwner, topicCalled } from './topic-names.ts'

type Asked = RequestOf<'DeleteTopics'>['topics'][number]
type Result = NonNullable<ResponseInputOf<'DeleteTopics'>['responses']>[number]

/**
 * Removes topics, by name or by id. One that cannot be removed fails alone.
 *
 * Source: ControllerApis.deleteTopics.
 */
export function deleteTopics(
  image: MetadataImage,
  request: Pick<RequestOf<'DeleteTopics'>, 'topics' | 'topicNames'>,
  { by, brokerConfig }: { by: AskedBy; brokerConfig: Entries },
): Decision<ResponseInputOf<'DeleteTopics'>> {
  const records: MetadataRecord[] = []
  const named = request.topicNames.map((name): Asked => ({ name, topicId: zeroUuid }))
  const asked = [...named, ...request.topics]
  const twice = duplicates(asked.map((one) => idOf(image, one)))
  const responses = asked.map((one): Result => {
    try {
      if (by === 'protocol' && !mayDeleteTopics(brokerConfig)) {
        throw new KafkaError('TOPIC_DELETION_DISABLED', 'delete.topic.enable is false')
      }
      const { id: topicId, name } = topicOf(image, one, by)
      if (twice.has(topicId)) throw new KafkaError('INVALID_REQUEST', 'Duplicate topic name.')
      records.push(metadataRecord('RemoveTopicRecord', { topicId }))
      return { name, topicId, ...fine }
    } catch (error) {
      return { ...one, ...outcomeOf(error) }
    }
  })
  return { records, response: { throttleTimeMs: 0, responses } }
}

function idOf(image: MetadataImage, { name, topicId }: Asked): string {
  if (name === null) return topicId
  return image.topicIds.get(name) ?? `not there: ${name}`
}

function topicOf(image: MetadataImage, { name, topicId }: Asked, by: AskedBy): TopicImage {
  if (name === null && topicId === zeroUuid) {
    throw new KafkaError('INVALID_REQUEST', 'Neither topic name nor id were specified.')
  }
  if (name !== null && topicId !== zeroUuid) {
    throw new KafkaError('INVALID_REQUEST', 'You may not specify both topic name and topic id.')
  }
  const topic = name === null ? image.topics.get(topicId) : topicCalled(image, name)
  if (topic === undefined) {
    throw new KafkaError('UNKNOWN_TOPIC_ID', 'This server does not host this topic ID.')
  }
  checkOwner(topic, by)
  return topic
}
