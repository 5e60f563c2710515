import type { MetadataImage, TopicImage } from '../../../broker/metadata/image.ts'
import type { Random } from '../../../lib/random.ts'

/** How many partitions each broker leads when all are where they belong, by broker id. */
export type Loads = ReadonlyMap<number, number>

/**
 * Where new partitions of one topic go, each with one replica: to the broker that has the fewest of
 * the topic, of these to the one that leads the fewest of all, of these to any. So both a topic and
 * the cluster are spread evenly, whatever is there already.
 *
 * @param about.count How many partitions.
 * @param about.brokerIds Who may be chosen; at least one.
 * @param about.topic What is there of the topic already.
 * @returns For each partition the id of its broker.
 */
export function place(
  about: { count: number; brokerIds: readonly number[]; topic?: TopicImage | undefined },
  loads: Loads,
  random: Pick<Random, 'below'>,
): number[] {
  const ofTopic = new Map(about.topic === undefined ? [] : preferredLeaders([about.topic]))
  const all = new Map(loads)
  const placed: number[] = []
  for (let partition = 0; partition < about.count; partition++) {
    const inTopic = fewest(about.brokerIds, ofTopic)
    const candidates = fewest(inTopic, all)
    const brokerId = candidates[random.below(candidates.length)] as number
    add(ofTopic, brokerId, 1)
    add(all, brokerId, 1)
    placed.push(brokerId)
  }
  return placed
}

/**
 * Whether a broker is about to leave. It serves what it has, and is given nothing new, or it would
 * never become empty (KIP-1066 calls that cordoned).
 */
export type IsLeaving = (brokerId: number) => boolean

/** Who may be given partitions, in the order of their ids. */
export function usableBrokers(image: MetadataImage, isLeaving: IsLeaving): number[] {
  const usable = [...image.brokers.values()].filter(({ id, fenced, inControlledShutdown }) => {
    return !fenced && !inControlledShutdown && !isLeaving(id)
  })
  return usable.map(({ id }) => id).sort((a, b) => a - b)
}

/**
 * Counts the preferred leaders of an image. What two images share is counted once, so that making
 * one topic among 10,000 does not look at all of them again.
 */
export function loadsOf({ topics }: MetadataImage): Map<number, number> {
  const loads = new Map<number, number>()
  for (const bucket of topics.buckets) {
    if (bucket === undefined) continue
    let ofBucket = counted.get(bucket)
    if (ofBucket === undefined) {
      ofBucket = preferredLeaders(bucket.values())
      counted.set(bucket, ofBucket)
    }
    for (const [brokerId, count] of ofBucket) add(loads, brokerId, count)
  }
  return loads
}

const counted = new WeakMap<object, Loads>()

function preferredLeaders(topics: Iterable<TopicImage>): Map<number, number> {
  const loads = new Map<number, number>()
  for (const { partitions } of topics) {
    for (let partition = 0; partition < partitions.count; partition++) {
      const [preferred] = partitions.at(partition).replicas
      if (preferred !== undefined) add(loads, preferred, 1)
    }
  }
  return loads
}

function fewest(brokerIds: readonly number[], loads: Loads): number[] {
  const least = Math.min(...brokerIds.map((id) => loads.get(id) ?? 0))
  return brokerIds.filter((id) => (loads.get(id) ?? 0) === least)
}

function add(loads: Map<number, number>, brokerId: number, count: number): void {
  loads.set(brokerId, (loads.get(brokerId) ?? 0) + count)
}
