import type { MetadataImage, TopicImage } from '../../../broker/metadata/image.ts'
import { type MetadataRecord, metadataRecord } from '../../../broker/metadata/records.ts'
import type { RequestOf, ResponseInputOf } from '../../../broker/protocol/apis.ts'
import { zeroUuid } from '../../../broker/protocol/codec/uuid.ts'
import { brokerValue } from '../../../broker/protocol/config/broker-value.ts'
import type { Entries } from '../../../broker/protocol/config/topic-values.ts'
import { errorOf } from '../../../broker/protocol/error-of.ts'
import { KafkaError } from '../../../broker/protocol/errors.ts'
import { duplicates, onceEach } from '../../../lib/duplicates.ts'
import type { Decision } from './decision.ts'
import { fine } from './outcome.ts'
import { type AskedBy, checkOwner, topicCalled } from './topic-names.ts'

type Asked = RequestOf<'DeleteTopics'>['topics'][number]
type Result = NonNullable<ResponseInputOf<'DeleteTopics'>['responses']>[number]

/**
 * Removes topics, by name or by id. One that cannot be removed fails alone; one that is named more
 * than once, in whatever way, is not removed and answered once.
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
  const twice = duplicates(asked.map(keyOf))
  const ids = new Set(asked.filter(({ name }) => name === null).map(({ topicId }) => topicId))
  const names = new Set(asked.flatMap(({ name, topicId }) => (topicId === zeroUuid ? [name] : [])))
  const isNamedToo = ({ name, topicId }: Asked) => {
    const topic = name === null ? image.topics.get(topicId) : undefined
    return topic !== undefined && names.has(topic.name)
  }
  const isAllowed = by !== 'protocol' || brokerValue('delete.topic.enable', brokerConfig)
  const responses: Result[] = []
  for (const one of onceEach(asked, keyOf)) {
    if (isNamedToo(one)) continue // answered by its name
    const answered = { ...one }
    try {
      if (!isAllowed) {
        throw new KafkaError('TOPIC_DELETION_DISABLED', 'delete.topic.enable is false')
      }
      checkForm(one)
      if (twice.has(keyOf(one))) {
        const what = one.name === null ? 'id' : 'name'
        throw new KafkaError('INVALID_REQUEST', `Duplicate topic ${what}.`)
      }
      const { id: topicId, name } = topicOf(image, one, by)
      if (one.name !== null && ids.has(topicId)) {
        answered.topicId = topicId
        const message = 'The provided topic name maps to an ID that was already supplied.'
        throw new KafkaError('INVALID_REQUEST', message)
      }
      records.push(metadataRecord('RemoveTopicRecord', { topicId }))
      responses.push({ name, topicId, ...fine })
    } catch (error) {
      responses.push({ ...answered, ...errorOf(error) })
    }
  }
  return { records, response: { throttleTimeMs: 0, responses } }
}

function keyOf({ name, topicId }: Asked): string {
  return `${topicId} ${name ?? ''}`
}

function checkForm({ name, topicId }: Asked): void {
  if (name === null && topicId === zeroUuid) {
    throw new KafkaError('INVALID_REQUEST', 'Neither topic name nor id were specified.')
  }
  if (name !== null && topicId !== zeroUuid) {
    throw new KafkaError('INVALID_REQUEST', 'You may not specify both topic name and topic id.')
  }
}

function topicOf(image: MetadataImage, { name, topicId }: Asked, by: AskedBy): TopicImage {
  const topic = name === null ? image.topics.get(topicId) : topicCalled(image, name)
  if (topic === undefined) {
    throw new KafkaError('UNKNOWN_TOPIC_ID', 'This server does not host this topic ID.')
  }
  checkOwner(topic, by)
  return topic
}
