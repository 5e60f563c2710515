import { type MetadataImage, type TopicImage, topicNamed } from '../metadata/image.ts'
import type { RequestOf, ResponseInputOf } from '../protocol/apis.ts'
import { zeroUuid } from '../protocol/codec/uuid.ts'
import { errorCodes } from '../protocol/generated/error-codes.ts'
import { aliveNodes } from './broker-nodes.ts'
import { brokerSetting } from './broker-setting.ts'
import { allOfCluster, allOfTopic } from './operations.ts'
import type { HandlerServices, RequestContext } from './services.ts'
import { isInternalTopic, isTopicName } from './topic-name.ts'

type Request = RequestOf<'Metadata'>
type Response = ResponseInputOf<'Metadata'>
type TopicResponse = Response['topics'][number]
type Wanted = { readonly topicId: string; readonly name: string | null }

/** Tells who the brokers are, and who leads what. Makes topics that are asked for, where it may. */
export async function handleMetadata(
  request: Request,
  services: HandlerServices,
  context: RequestContext,
): Promise<Response> {
  const { version } = context
  const wanted = wantedOf(request, version)
  if (wanted !== 'all' && wanted.some((one) => !isAllowed(one, version))) {
    return refused(wanted)
  }
  const codes = wanted === 'all' ? noCodes : await makeMissing(wanted, request, services)
  const image = services.image()
  const topics =
    wanted === 'all'
      ? [...image.topics.values()].map((topic) => describe(topic, request, image, context))
      : wanted.map((one) => describeOne(one, codes, request, image, context))
  const brokers = aliveNodes(image, context.listener)
  return {
    brokers,
    clusterId: services.clusterId,
    controllerId: controllerIdOf(brokers, services),
    topics,
    ...(version >= 8 && version <= 10 && request.includeClusterAuthorizedOperations
      ? { clusterAuthorizedOperations: allOfCluster }
      : {}),
  }
}

/** Version 0 knows no null: an empty list means all topics there, and none since. */
function wantedOf({ topics }: Request, version: number): 'all' | readonly Wanted[] {
  if (topics === null || (version === 0 && topics.length === 0)) return 'all'
  return topics
}

/** Ids came in version 10, but may be asked by since version 12 only, as in Kafka. */
function isAllowed({ topicId, name }: Wanted, version: number): boolean {
  return version >= 12 || (name !== null && topicId === zeroUuid)
}

function refused(wanted: readonly Wanted[]): Response {
  const topics = wanted.map(({ name, topicId }) => {
    return failed({ name: name ?? '', topicId }, errorCodes.INVALID_REQUEST)
  })
  return { brokers: [], topics }
}

/** @returns Why a topic could not be made, by its name. */
async function makeMissing(
  wanted: readonly Wanted[],
  { allowAutoTopicCreation }: Request,
  { image, config, newTopics }: HandlerServices,
): Promise<ReadonlyMap<string, number>> {
  if (!allowAutoTopicCreation || !brokerSetting(config, 'auto.create.topics.enable')) return noCodes
  const missing = new Set<string>()
  for (const { name } of wanted) {
    if (name === null || !isTopicName(name) || isInternalTopic(name)) continue
    if (topicNamed(image(), name) === undefined) missing.add(name)
  }
  return missing.size === 0 ? noCodes : newTopics.make([...missing])
}

function describeOne(
  { name, topicId }: Wanted,
  codes: ReadonlyMap<string, number>,
  request: Request,
  image: MetadataImage,
  context: RequestContext,
): TopicResponse {
  if (name === null) {
    const topic = image.topics.get(topicId)
    if (topic !== undefined) return describe(topic, request, image, context)
    return failed({ name: null, topicId }, errorCodes.UNKNOWN_TOPIC_ID)
  }
  const topic = topicNamed(image, name)
  if (topic !== undefined) return describe(topic, request, image, context)
  const isName = isTopicName(name)
  const code = isName ? codes.get(name) : errorCodes.INVALID_TOPIC_EXCEPTION
  // It was made, and is gone again already: it is unknown.
  return failed({ name, topicId }, code || errorCodes.UNKNOWN_TOPIC_OR_PARTITION)
}

function failed(key: Wanted, errorCode: number): TopicResponse {
  return { ...key, errorCode, isInternal: false, partitions: [] }
}

function describe(
  { id: topicId, name, partitions: table }: TopicImage,
  { includeTopicAuthorizedOperations }: Request,
  image: MetadataImage,
  { version, listener }: RequestContext,
): TopicResponse {
  const isAway = (id: number) => image.brokers.get(id)?.fenced !== false
  const canBeDialled = (id: number) =>
    !isAway(id) && image.brokers.get(id)?.endpoints.has(listener) === true
  const partitions: TopicResponse['partitions'][number][] = []
  for (let partitionIndex = 0; partitionIndex < table.count; partitionIndex++) {
    const { leader, leaderEpoch, replicas, isr } = table.at(partitionIndex)
    const hasLeader = leader >= 0 && canBeDialled(leader)
    partitions.push({
      errorCode: hasLeader ? errorCodes.NONE : errorCodes.LEADER_NOT_AVAILABLE,
      partitionIndex,
      leaderId: hasLeader ? leader : -1,
      leaderEpoch,
      replicaNodes: replicas,
      isrNodes: isr,
      offlineReplicas: replicas.filter(isAway),
    })
  }
  return {
    errorCode: errorCodes.NONE,
    name,
    topicId,
    isInternal: isInternalTopic(name),
    partitions,
    ...(version >= 8 && includeTopicAuthorizedOperations
      ? { topicAuthorizedOperations: allOfTopic }
      : {}),
  }
}

/** Any broker will do, since each forwards to the controller: this one has a connection already. */
function controllerIdOf(brokers: readonly { nodeId: number }[], { nodeId }: HandlerServices) {
  return brokers.some((broker) => broker.nodeId === nodeId) ? nodeId : (brokers[0]?.nodeId ?? -1)
}

const noCodes: ReadonlyMap<string, number> = new Map()
