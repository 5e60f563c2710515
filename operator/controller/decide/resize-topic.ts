import { type MetadataImage, type TopicImage, topicNamed } from '../../../broker/metadata/image.ts'
import type { PartitionImage } from '../../../broker/metadata/partition-table.ts'
import type { ResponseInputOf } from '../../../broker/protocol/apis.ts'
import type { Entries } from '../../../broker/protocol/config/topic-values.ts'
import { errorOf } from '../../../broker/protocol/error-of.ts'
import { placesFor } from './assignments.ts'
import type { Decision } from './decision.ts'
import { targetOf } from './partition/reassignment.ts'
import {
  add,
  countTopic,
  farFrom,
  fewest,
  loadsOf,
  newCounts,
  others,
  type Place,
  type PlacementRules,
} from './placement.ts'
import { reassignPartitions } from './reassign-partitions.ts'

type Answer = ResponseInputOf<'AlterPartitionReassignments'>
type Context = PlacementRules & { readonly brokerConfig: Entries }

/**
 * Gives each partition of a topic more replicas, or fewer, as its resource says. Who has one keeps it
 * as far as can be, so that no more is copied than has to be; partitions that are on their way to so
 * many already are left alone.
 */
export function resizeTopic(
  image: MetadataImage,
  { name, replicationFactor }: { name: string; replicationFactor: number },
  context: Context,
): Decision<Answer> {
  const topic = topicNamed(image, name)
  try {
    const partitions = topic === undefined ? [] : resized(image, topic, replicationFactor, context)
    const topics = [{ name, partitions }]
    const request = { topics, allowReplicationFactorChange: true }
    return reassignPartitions(image, request, { ...context, by: 'resource' })
  } catch (error) {
    return { records: [], response: { throttleTimeMs: 0, ...errorOf(error), responses: [] } }
  }
}

/** Whether all partitions have so many replicas, or are on their way to that. */
export function isOfSize({ partitions }: TopicImage, replicationFactor: number): boolean {
  for (let partition = 0; partition < partitions.count; partition++) {
    if (targetOf(partitions.at(partition)).length !== replicationFactor) return false
  }
  return true
}

/** @throws {KafkaError} INVALID_REPLICATION_FACTOR */
function resized(
  image: MetadataImage,
  topic: TopicImage,
  replicationFactor: number,
  { isLeaving }: Context,
): { partitionIndex: number; replicas: number[] }[] {
  const allowed = placesFor(image, replicationFactor, isLeaving)
  const placeOf = (id: number) => ({ id, rack: image.brokers.get(id)?.rack ?? null })
  const ofTopic = newCounts()
  countTopic(ofTopic, topic)
  const counts = [ofTopic.replicas, new Map(loadsOf(image).replicas)]
  const asked: { partitionIndex: number; replicas: number[] }[] = []
  for (let partitionIndex = 0; partitionIndex < topic.partitions.count; partitionIndex++) {
    const partition = topic.partitions.at(partitionIndex)
    const target = targetOf(partition)
    if (target.length === replicationFactor) continue
    const chosen = target.filter((id) => !isLeaving(id)).map(placeOf)
    while (chosen.length > replicationFactor) chosen.splice(oneToGo(chosen, partition, counts), 1)
    while (chosen.length < replicationFactor) {
      chosen.push(oneMore(chosen, others(allowed, chosen), { partition, counts }))
    }
    const replicas = chosen.map(({ id }) => id)
    for (const by of counts) {
      for (const id of partition.replicas) add(by, id, -1)
      for (const id of replicas) add(by, id, 1)
    }
    asked.push({ partitionIndex, replicas })
  }
  return asked
}

type About = {
  readonly partition: PartitionImage
  readonly counts: readonly ReadonlyMap<number, number>[]
}

/** Who has its data already, since it was about to go; in another rack; and has the fewest. */
function oneMore(
  chosen: readonly Place[],
  left: readonly Place[],
  { partition, counts }: About,
): Place {
  const here = left.filter(({ id }) => partition.replicas.includes(id))
  const apart = farFrom(chosen, here.length > 0 ? here : left)
  const best = counts.reduce(
    (places, count) => fewest(places, ({ id }) => count.get(id) ?? 0),
    apart,
  )
  return best[0] as Place
}

/** Who is not in sync; who shares its rack; who has the most. The preferred leader goes last of all. */
function oneToGo(
  chosen: readonly Place[],
  { isr }: PartitionImage,
  counts: About['counts'],
): number {
  const [preferred] = chosen
  const inRack = (place: Place) => chosen.filter(({ rack }) => rack === place.rack).length
  const by = [
    ({ id }: Place) => (isr.includes(id) ? 1 : 0),
    (place: Place) => (place === preferred ? 1 : 0),
    (place: Place) => -inRack(place),
    ...counts.map((count) => (place: Place) => -(count.get(place.id) ?? 0)),
  ]
  const worst = by.reduce<readonly Place[]>((places, of) => fewest(places, of), chosen)
  return chosen.lastIndexOf(worst.at(-1) as Place)
}
