import {
  fetchOffsets,
  type OffsetFound,
  type OffsetsFound,
} from '../coordinator/offsets/fetch-offsets.ts'
import { topicNamed } from '../metadata/image.ts'
import type { RequestOf, ResponseInputOf } from '../protocol/apis.ts'
import { zeroUuid } from '../protocol/codec/uuid.ts'
import { errorOf } from '../protocol/error-of.ts'
import { KafkaError } from '../protocol/errors.ts'
import { errorCodes } from '../protocol/generated/error-codes.ts'
import { namedTopic } from './named-topic.ts'
import type { Context } from './services.ts'

type Request = RequestOf<'OffsetFetch'>
type GroupRequest = Pick<Request['groups'][number], 'groupId'> & {
  readonly topics: readonly TopicRequest[] | null
}
type TopicRequest = {
  readonly name: string
  readonly topicId: string
  readonly partitionIndexes: readonly number[]
}
type GroupAnswer = NonNullable<ResponseInputOf<'OffsetFetch'>['groups']>[number]
type TopicAnswer = GroupAnswer['topics'][number]
type PartitionAnswer = TopicAnswer['partitions'][number]

/**
 * How far groups have read: one, and from version 8 on several. There are no transactions yet, so
 * that all that is committed is stable.
 */
export async function handleOffsetFetch(
  request: Request,
  context: Context,
): Promise<ResponseInputOf<'OffsetFetch'>> {
  if (context.version >= 8) {
    const groups = request.groups.map((group) => answerOf(group, context))
    return { throttleTimeMs: 0, topics: [], groups: await Promise.all(groups) }
  }
  const { groupId, topics } = request
  const asked = topics?.map((topic) => ({ ...topic, topicId: zeroUuid })) ?? null
  const { topics: answers, errorCode = errorCodes.NONE } = await answerOf(
    { groupId, topics: asked },
    context,
  )
  const named = answers.map(({ name = '', partitions }) => ({ name, partitions }))
  return { throttleTimeMs: 0, topics: named, errorCode }
}

async function answerOf(
  { groupId, topics }: GroupRequest,
  { services, version }: Context,
): Promise<GroupAnswer> {
  const byId = version >= 10
  const image = services.image()
  const unknown: TopicAnswer[] = []
  const asked = topics?.flatMap(({ name, topicId, partitionIndexes: partitions }) => {
    if (!byId) return [{ topic: name, partitions }]
    const topic = namedTopic(image, { name, topicId }, { byId })
    if (topic !== undefined) return [{ topic: topic.name, partitions }]
    unknown.push({ topicId, partitions: refused(partitions, errorCodes.UNKNOWN_TOPIC_ID) })
    return []
  })
  try {
    const found = await services.groups.run(groupId, (state) => {
      return fetchOffsets(state, { group: groupId, asked: asked ?? null }, topicIdOf)
    })
    const known = found.map((topic) => topicAnswer(topic))
    // What was deleted has no id by which it could be named.
    const shown = byId ? known.filter(({ topicId }) => topicId !== zeroUuid) : known
    return { groupId, topics: [...shown, ...unknown], errorCode: errorCodes.NONE }
  } catch (error) {
    const { errorCode } = errorOf(unavailable(error))
    if (version >= 2) return { groupId, topics: [], errorCode }
    const all = topics?.map(({ name, partitionIndexes }) => {
      return { name, partitions: refused(partitionIndexes, errorCode) }
    })
    return { groupId, topics: all ?? [] }
  }

  function topicIdOf(name: string): string {
    return topicNamed(image, name)?.id ?? zeroUuid
  }

  function topicAnswer({ topic: name, partitions }: OffsetsFound): TopicAnswer {
    return {
      name,
      topicId: topicIdOf(name),
      partitions: partitions.map((found) => partitionAnswer(found)),
    }
  }
}

function partitionAnswer({ partition: partitionIndex, committed }: OffsetFound): PartitionAnswer {
  if (committed === undefined) return { partitionIndex, ...nothing, errorCode: errorCodes.NONE }
  const { offset: committedOffset, leaderEpoch: committedLeaderEpoch, metadata } = committed
  return {
    partitionIndex,
    committedOffset,
    committedLeaderEpoch,
    metadata,
    errorCode: errorCodes.NONE,
  }
}

function refused(partitions: readonly number[], errorCode: number): PartitionAnswer[] {
  return partitions.map((partitionIndex) => ({ partitionIndex, ...nothing, errorCode }))
}

const nothing = { committedOffset: -1, committedLeaderEpoch: -1, metadata: '' }

/** Consumers up to Kafka 3.8 do not try again after the one, and do after the other. */
function unavailable(error: unknown): unknown {
  const isAway = error instanceof KafkaError && error.code === 'COORDINATOR_NOT_AVAILABLE'
  return isAway ? new KafkaError('NOT_COORDINATOR', error.message, { cause: error }) : error
}
