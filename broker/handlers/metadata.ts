import { sleep } from '../../lib/clock.ts'
import { type MetadataImage, type TopicImage, topicNamed } from '../metadata/image.ts'
import { isInternalTopic, offsetsTopic } from '../metadata/internal-topics.ts'
import type { RequestOf, ResponseInputOf } from '../protocol/apis.ts'
import { zeroUuid } from '../protocol/codec/uuid.ts'
import { errorCodes } from '../protocol/generated/error-codes.ts'
import { autoCreate, type Refused } from './auto-create.ts'
import { controllerId, nodesToAsk } from './brokers.ts'
import { describedPartition } from './described-partition.ts'
import { allClusterOperations, allTopicOperations } from './operations.ts'
import type { Context } from './services.ts'
import { isTopicName, missingTopicCode } from './topic-names.ts'

type Topic = ResponseInputOf<'Metadata'>['topics'][number]
type Wanted = { readonly name: string | null; readonly topicId: string }

/**
 * Brokers, and topics with their leaders. Topics that are asked for and are not there may be made. Who asks for a
 * leader whose connection to here was just reset waits for a moment.
 */
export function handleMetadata(
  request: RequestOf<'Metadata'>,
  context: Context,
): ResponseInputOf<'Metadata'> | Promise<ResponseInputOf<'Metadata'>> {
  const { services, version, client, onClosed } = context
  const names = (brokerId: number) => namesBroker(request, version, services.image(), brokerId)
  const held = services.held.hold(names, onClosed) ?? settled()
  return held === undefined ? answer(request, context) : held.then(() => answer(request, context))

  function settled(): Promise<void> | undefined {
    const waitMs = services.fallen.waitMs(client)
    return waitMs === 0 ? undefined : sleep(services.clock, waitMs)
  }
}

/** Of all topics a client asks for the sake of brokers, too: one of them may be where it goes next. */
function namesBroker(
  request: RequestOf<'Metadata'>,
  version: number,
  image: MetadataImage,
  brokerId: number,
): boolean {
  const topics = askedFor(request, version)
  if (topics === 'all') return true
  return topics.some((wanted) => {
    const partitions = topicOf(wanted, image)?.partitions
    for (let index = 0; index < (partitions?.count ?? 0); index++) {
      if (partitions?.leader(index) === brokerId) return true
    }
    return false
  })
}

/** There is no null in version 0. */
function askedFor({ topics }: RequestOf<'Metadata'>, version: number): readonly Wanted[] | 'all' {
  return topics === null || (version === 0 && topics.length === 0) ? 'all' : topics
}

function topicOf({ name, topicId }: Wanted, image: MetadataImage): TopicImage | undefined {
  const isById = name === null || topicId !== zeroUuid
  return isById ? image.topics.get(topicId) : topicNamed(image, name)
}

function answer(
  request: RequestOf<'Metadata'>,
  context: Context,
): ResponseInputOf<'Metadata'> | Promise<ResponseInputOf<'Metadata'>> {
  const { services } = context
  const missing = services.autoCreateTopics ? missingTopics(request, services.image()) : []
  if (missing.length > 0) {
    return autoCreate(missing, services).then((refused) => answerTo(request, context, refused))
  }
  return answerTo(request, context, new Map())
}

/** Of internal ones only that of groups is made: there is nobody yet who would need the others. */
function missingTopics(
  { topics, allowAutoTopicCreation }: RequestOf<'Metadata'>,
  image: MetadataImage,
): string[] {
  if (!allowAutoTopicCreation || topics === null) return []
  const missing = new Set<string>()
  for (const { name, topicId } of topics) {
    if (name === null || topicId !== zeroUuid || topicNamed(image, name) !== undefined) continue
    const mayBeMade = isTopicName(name) && (!isInternalTopic(name) || name === offsetsTopic)
    if (mayBeMade) missing.add(name)
  }
  return [...missing]
}

function answerTo(
  request: RequestOf<'Metadata'>,
  { services, version, listener, client }: Context,
  refused: Refused,
): ResponseInputOf<'Metadata'> | Promise<ResponseInputOf<'Metadata'>> {
  const image = services.image()
  const brokers = nodesToAsk(image, listener, services.fallen.tellFirst(client))
  const alive = new Set(
    brokers
      .filter(({ fenced, nodeId }) => !fenced && !services.held.isLost(nodeId))
      .map(({ nodeId }) => nodeId),
  )
  const operations = request.includeTopicAuthorizedOperations
    ? { topicAuthorizedOperations: allTopicOperations }
    : {}
  const answer = (topics: Topic[]) => ({
    brokers,
    clusterId: services.clusterId,
    controllerId: controllerId(brokers, services.nodeId),
    topics,
    ...(request.includeClusterAuthorizedOperations
      ? { clusterAuthorizedOperations: allClusterOperations }
      : {}),
  })
  const wanted = wantedTopics()
  const first = takeTurn(wanted)
  return first.length < topicsATurn ? answer(first) : others(first).then(answer)

  /** Of one image, however long it takes. */
  async function others(topics: Topic[]): Promise<Topic[]> {
    for (let isMore = true; isMore; ) {
      await services.clock.turn()
      const some = takeTurn(wanted)
      for (const topic of some) topics.push(topic)
      isMore = some.length === topicsATurn
    }
    return topics
  }

  function takeTurn(all: Iterator<Topic>): Topic[] {
    const some: Topic[] = []
    while (some.length < topicsATurn) {
      const { value, done } = all.next()
      if (done === true) break
      some.push({ ...value, ...operations })
    }
    return some
  }

  function* wantedTopics(): Generator<Topic> {
    const topics = askedFor(request, version)
    if (topics === 'all') {
      for (const topic of image.topics.values()) yield described(topic)
    } else yield* once(topics)
  }

  /** What is asked for again, perhaps by its id this time, is told of once. */
  function* once(topics: readonly Wanted[]): Generator<Topic> {
    const told = new Set<string>()
    for (const wanted of topics) {
      const topic = find(wanted)
      const key = topic.name ?? `${topic.topicId} `
      if (!told.has(key)) yield topic
      told.add(key)
    }
  }

  function find(wanted: Wanted): Topic {
    const { name, topicId } = wanted
    if (name === null && version < 12) return nothing('INVALID_REQUEST', { name: '', topicId })
    const topic = topicOf(wanted, image)
    if (topic !== undefined) return described(topic)
    if (name === null || topicId !== zeroUuid)
      return nothing('UNKNOWN_TOPIC_ID', { name: null, topicId })
    const errorCode = refused.get(name)
    if (errorCode !== undefined) return { errorCode, name, topicId, partitions: [] }
    return nothing(missingTopicCode(name), { name, topicId })
  }

  function described({ id: topicId, name, partitions }: TopicImage): Topic {
    return {
      errorCode: errorCodes.NONE,
      name,
      topicId,
      isInternal: isInternalTopic(name),
      partitions: Array.from({ length: partitions.count }, (_, index) =>
        describedPartition(index, partitions.at(index), alive),
      ),
    }
  }
}

/** Ten thousand topics in one go would hold up everybody else for a third of a second. */
const topicsATurn = 250

function nothing(code: keyof typeof errorCodes, { name, topicId }: Wanted): Topic {
  return { errorCode: errorCodes[code], name, topicId, partitions: [] }
}
