import type { DiskRoom } from '../../lib/disk-room.ts'
import { isFromDisk } from '../../lib/storage-error.ts'
import type { TopicImage } from '../metadata/image.ts'
import { topicNamed } from '../metadata/image.ts'
import type { RequestOf, ResponseInputOf } from '../protocol/apis.ts'
import { errorCodes } from '../protocol/generated/error-codes.ts'
import type { Context, Services } from './services.ts'

type Topic = ResponseInputOf<'DescribeLogDirs'>['results'][number]['topics'][number]

/**
 * How much room the replicas take that this broker has. It has one directory, so none is on its way
 * to another. Of partitions that are not here nothing is said.
 */
export async function handleDescribeLogDirs(
  request: RequestOf<'DescribeLogDirs'>,
  { services, version }: Context,
): Promise<ResponseInputOf<'DescribeLogDirs'>> {
  const { path } = services.logDirectory
  const topics = request.topics === null ? await allOf(services) : someOf(request.topics, services)
  const room = version < 4 ? undefined : await roomOf(services)
  const result = {
    errorCode: errorCodes.NONE,
    logDir: path,
    topics,
    ...(room && { totalBytes: room.sizeBytes, usableBytes: room.freeBytes }),
  }
  return { throttleTimeMs: 0, errorCode: errorCodes.NONE, results: [result] }
}

async function allOf(services: Services): Promise<Topic[]> {
  const found: Topic[] = []
  let looked = 0
  for (const topic of services.image().topics.values()) {
    looked += topic.partitions.count
    if (looked >= partitionsATurn) {
      looked = 0
      await services.clock.turn()
    }
    const indexes = Array.from({ length: topic.partitions.count }, (_, index) => index)
    const own = replicasOf(topic, indexes, services)
    if (own.partitions.length > 0) found.push(own)
  }
  return found
}

function someOf(
  wanted: NonNullable<RequestOf<'DescribeLogDirs'>['topics']>,
  services: Services,
): Topic[] {
  const indexes = new Map<string, Set<number>>()
  for (const { topic, partitions } of wanted) {
    indexes.set(topic, new Set([...(indexes.get(topic) ?? []), ...partitions]))
  }
  const found: Topic[] = []
  for (const [name, own] of indexes) {
    const topic = topicNamed(services.image(), name)
    const replicas = topic && replicasOf(topic, own, services)
    if (replicas !== undefined && replicas.partitions.length > 0) found.push(replicas)
  }
  return found
}

function replicasOf(
  topic: TopicImage,
  indexes: Iterable<number>,
  { nodeId, partitions }: Services,
): Topic {
  const { name, partitions: table } = topic
  const found: Topic['partitions'][number][] = []
  for (const partitionIndex of indexes) {
    const isThere = partitionIndex >= 0 && partitionIndex < table.count
    if (!isThere || !table.hasReplica(partitionIndex, nodeId)) continue
    const log = partitions.known(topic, partitionIndex)?.log
    found.push({
      partitionIndex,
      partitionSize: log?.sizeBytes ?? 0,
      offsetLag: 0, // it has all that there is
      isFutureKey: false,
    })
  }
  return { name, partitions: found }
}

/** @returns Undefined if the disk does not tell. */
async function roomOf({ logDirectory }: Services): Promise<DiskRoom | undefined> {
  try {
    return await logDirectory.room()
  } catch (error) {
    if (!isFromDisk(error)) throw error
    return undefined
  }
}

const partitionsATurn = 5_000
