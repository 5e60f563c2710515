import { type MetadataImage, type TopicImage, topicNamed } from '../metadata/image.ts'
import { isInternalTopic } from '../metadata/internal-topics.ts'
import type { RequestOf, ResponseInputOf } from '../protocol/apis.ts'
import { zeroUuid } from '../protocol/codec/uuid.ts'
import { brokerValue } from '../protocol/config/broker-value.ts'
import { errorCodes } from '../protocol/generated/error-codes.ts'
import { aliveNodes } from './brokers.ts'
import { describedPartition } from './described-partition.ts'
import { allTopicOperations } from './operations.ts'
import type { Context } from './services.ts'
import { missingTopicCode } from './topic-names.ts'

type Request = RequestOf<'DescribeTopicPartitions'>
type Response = ResponseInputOf<'DescribeTopicPartitions'>
type Topic = Response['topics'][number]
type Partition = Topic['partitions'][number]

/**
 * Topics with their partitions, so many at a time (KIP-966). Where there are more the answer says
 * where to go on; topics come in the order of their names, so that this is a place among all.
 */
export function handleDescribeTopicPartitions(
  request: Request,
  { services, listener }: Context,
): Response {
  const { cursor } = request
  const image = services.image()
  const names = wantedNames(request, image)
  if (cursor !== null && (cursor.partitionIndex < 0 || names === undefined)) {
    return refused(request)
  }
  const alive = new Set(aliveNodes(image, listener).map(({ nodeId }) => nodeId))
  let left = Math.max(
    1,
    Math.min(
      brokerValue('max.request.partition.size.limit', services.entries),
      request.responsePartitionLimit,
    ),
  )
  const topics: Topic[] = []
  for (const name of names ?? []) {
    if (left === 0) return answer(topics, { topicName: name, partitionIndex: 0 })
    const topic = topicNamed(image, name)
    if (topic === undefined) {
      topics.push(missing(name))
      continue
    }
    const first = cursor?.topicName === name ? cursor.partitionIndex : 0
    const end = Math.min(topic.partitions.count, first + left)
    topics.push(described(topic, partitionsOf(topic, { first, end, alive })))
    if (end < topic.partitions.count)
      return answer(topics, { topicName: name, partitionIndex: end })
    left -= Math.max(0, end - first)
  }
  return answer(topics, null)
}

/**
 * Those from the cursor on, each once. With no names given all that there are.
 *
 * @returns Undefined if the cursor is at none of those that were asked for.
 */
function wantedNames({ topics, cursor }: Request, image: MetadataImage): string[] | undefined {
  const asked = topics.map(({ name }) => name)
  if (cursor !== null && asked.length > 0 && !asked.includes(cursor.topicName)) return undefined
  const all: Iterable<string> = asked.length > 0 ? new Set(asked) : image.topicIds.keys()
  const from = cursor?.topicName ?? ''
  return Array.from(all)
    .filter((name) => name >= from)
    .sort()
}

function partitionsOf(
  { partitions }: TopicImage,
  { first, end, alive }: { first: number; end: number; alive: ReadonlySet<number> },
): Partition[] {
  const found: Partition[] = []
  for (let index = first; index < end; index++) {
    const partition = partitions.at(index)
    const { elr: eligibleLeaderReplicas, lastKnownElr } = partition
    const described = describedPartition(index, partition, alive)
    found.push({ ...described, eligibleLeaderReplicas, lastKnownElr })
  }
  return found
}

function described({ name, id: topicId }: TopicImage, partitions: Partition[]): Topic {
  return {
    errorCode: errorCodes.NONE,
    name,
    topicId,
    isInternal: isInternalTopic(name),
    partitions,
    topicAuthorizedOperations: allTopicOperations,
  }
}

function missing(name: string): Topic {
  return {
    errorCode: errorCodes[missingTopicCode(name)],
    name,
    topicId: zeroUuid,
    partitions: [],
    topicAuthorizedOperations: allTopicOperations,
  }
}

function refused({ topics }: Request): Response {
  const { INVALID_REQUEST: errorCode } = errorCodes
  return answer(
    topics.map(({ name }) => ({ errorCode, name, topicId: zeroUuid, partitions: [] })),
    null,
  )
}

function answer(topics: Topic[], nextCursor: (Response['nextCursor'] & {}) | null): Response {
  return { throttleTimeMs: 0, topics, nextCursor }
}
