import type { MetadataImage, TopicImage } from '../../../broker/metadata/image.ts'
import { topicNamed } from '../../../broker/metadata/image.ts'
import { type MetadataRecord, metadataRecord } from '../../../broker/metadata/records.ts'
import type { RequestOf, ResponseInputOf } from '../../../broker/protocol/apis.ts'
import { zeroUuid } from '../../../broker/protocol/codec/uuid.ts'
import { KafkaError } from '../../../broker/protocol/errors.ts'
import { errorCodes } from '../../../broker/protocol/generated/error-codes.ts'
import type { Decision } from './decision.ts'

type Answer = ResponseInputOf<'DeleteTopics'>['responses'][number]

/** Removes topics by name or, from version 6 on, by id; each on its own. Their data goes with them. */
export function deleteTopics(
  image: MetadataImage,
  { topics, topicNames }: Pick<RequestOf<'DeleteTopics'>, 'topics' | 'topicNames'>,
): Decision<Answer[]> {
  const records: MetadataRecord[] = []
  const removed = new Set<string>()
  const all = [...topicNames.map((name) => ({ name, topicId: zeroUuid })), ...topics]
  const response = all.map(({ name, topicId }): Answer => {
    try {
      const topic = find(image, name, topicId)
      if (removed.has(topic.id)) {
        throw new KafkaError('INVALID_REQUEST', `topic ${topic.name} is asked for twice`)
      }
      removed.add(topic.id)
      records.push(metadataRecord('RemoveTopicRecord', { topicId: topic.id }))
      return { name: topic.name, topicId: topic.id, errorCode: 0, errorMessage: null }
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      const { message: errorMessage, code } = error
      return { name, topicId, errorCode: errorCodes[code], errorMessage }
    }
  })
  return { records, response }
}

function find(image: MetadataImage, name: string | null, topicId: string): TopicImage {
  if (name !== null && topicId !== zeroUuid) {
    throw new KafkaError('INVALID_REQUEST', 'a topic is named by its name or its id, not by both')
  }
  if (name === null) {
    const topic = image.topics.get(topicId)
    if (topic !== undefined) return topic
    throw new KafkaError('UNKNOWN_TOPIC_ID', `there is no topic with id ${topicId}`)
  }
  const topic = topicNamed(image, name)
  if (topic !== undefined) return topic
  throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `there is no topic ${name}`)
}
