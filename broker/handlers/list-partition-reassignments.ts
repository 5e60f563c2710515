import { type TopicImage, topicNamed } from '../metadata/image.ts'
import type { RequestOf, ResponseInputOf } from '../protocol/apis.ts'
import { errorCodes } from '../protocol/generated/error-codes.ts'
import type { Context } from './services.ts'

type Topic = ResponseInputOf<'ListPartitionReassignments'>['topics'][number]

/** Which partitions are on their way to other brokers. What is not, or not there, is left out. */
export async function handleListPartitionReassignments(
  { topics: wanted }: RequestOf<'ListPartitionReassignments'>,
  { services }: Context,
): Promise<ResponseInputOf<'ListPartitionReassignments'>> {
  const image = services.image()
  const found: Topic[] = []
  let looked = 0
  const look = async (topic: TopicImage | undefined, indexes?: readonly number[]) => {
    if (topic === undefined) return
    const own = underWay(topic, indexes ?? topic.partitions.count)
    if (own.partitions.length > 0) found.push(own)
    looked += topic.partitions.count
    if (looked < partitionsATurn) return
    looked = 0
    await services.clock.turn()
  }
  if (wanted === null) for (const topic of image.topics.values()) await look(topic)
  else
    for (const { name, partitionIndexes } of wanted) {
      await look(topicNamed(image, name), partitionIndexes)
    }
  return { throttleTimeMs: 0, errorCode: errorCodes.NONE, errorMessage: null, topics: found }
}

function underWay({ name, partitions }: TopicImage, wanted: readonly number[] | number): Topic {
  const indexes =
    typeof wanted === 'number' ? Array.from({ length: wanted }, (_, at) => at) : wanted
  return {
    name,
    partitions: indexes.flatMap((partitionIndex) => {
      if (partitionIndex < 0 || partitionIndex >= partitions.count) return []
      const { replicas, addingReplicas, removingReplicas } = partitions.at(partitionIndex)
      if (addingReplicas.length + removingReplicas.length === 0) return []
      return [{ partitionIndex, replicas, addingReplicas, removingReplicas }]
    }),
  }
}

const partitionsATurn = 20_000
