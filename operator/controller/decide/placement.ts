import type { MetadataImage, TopicImage } from '../../../broker/metadata/image.ts'
import type { Random } from '../../../lib/random.ts'
import { isActive } from './partition/rules.ts'

/** A broker that may be chosen. */
export type Place = { readonly id: number; readonly rack: string | null }

/** What each broker has when all partitions are led where they belong, by broker id. */
export type Loads = {
  readonly leaders: ReadonlyMap<number, number>
  readonly replicas: ReadonlyMap<number, number>
}

type Counts = { readonly leaders: Map<number, number>; readonly replicas: Map<number, number> }

/**
 * Where new partitions of one topic go. Each is led by the broker that leads the fewest of the topic, of these by
 * the one that leads the fewest of all; its other replicas are in other racks, as long as there are any, each
 * on the broker that has the fewest of the topic, and then of all. Where that leaves several, chance decides. So both
 * a topic and the cluster are spread evenly, whatever is there already.
 *
 * @param about.count How many partitions.
 * @param about.places Who may be chosen.
 * @param about.away Who may be chosen where that is too few, and not as the first: brokers that are not
 *   there just now. With them there are at least `replicationFactor`.
 * @param about.topic What is there of the topic already.
 * @returns For each partition the ids of its brokers, the preferred leader first.
 */
export function place(
  about: {
    readonly count: number
    readonly replicationFactor: number
    readonly places: readonly Place[]
    readonly away?: readonly Place[]
    readonly topic?: TopicImage | undefined
  },
  loads: Loads,
  random: Pick<Random, 'below'>,
): number[][] {
  const ofTopic = newCounts()
  if (about.topic !== undefined) countTopic(ofTopic, about.topic)
  const all = { leaders: new Map(loads.leaders), replicas: new Map(loads.replicas) }
  const placed: number[][] = []
  for (let partition = 0; partition < about.count; partition++) {
    const by = [ofTopic.leaders, all.leaders, ofTopic.replicas, all.replicas]
    const leader = oneOf(about.places, by, random)
    const chosen = [leader]
    while (chosen.length < about.replicationFactor) {
      const left = others(about, chosen)
      chosen.push(oneOf(farFrom(chosen, left), [ofTopic.replicas, all.replicas], random))
    }
    for (const counts of [ofTopic, all]) {
      add(counts.leaders, leader.id, 1)
      for (const { id } of chosen) add(counts.replicas, id, 1)
    }
    placed.push(chosen.map(({ id }) => id))
  }
  return placed
}

/** Who else may be chosen: those that are away only once there are no others. */
export function others(
  { places, away = [] }: { readonly places: readonly Place[]; readonly away?: readonly Place[] },
  chosen: readonly Place[],
): readonly Place[] {
  const isOther = ({ id }: Place) => !chosen.some((one) => one.id === id)
  const left = places.filter(isOther)
  return left.length > 0 ? left : away.filter(isOther)
}

/** Those in whose racks there are the fewest of `chosen`. */
export function farFrom(chosen: readonly Place[], left: readonly Place[]): readonly Place[] {
  const racks = racksOf(chosen)
  return fewest(left, ({ rack }) => racks.get(rack) ?? 0)
}

/**
 * Whether a broker is about to leave. It serves what it has, and is given nothing new, or it would
 * never become empty (KIP-1066 calls that cordoned).
 */
export type IsLeaving = (brokerId: number) => boolean

/** What holds for replicas that are placed. */
export type PlacementRules = {
  readonly isLeaving: IsLeaving
}

/** Who may be given partitions, in the order of their ids. */
export function usableBrokers(image: MetadataImage, isLeaving: IsLeaving): Place[] {
  return placesOf(image, (id) => isActive(image, id) && !isLeaving(id))
}

/** Who is not there just now, and to come back. */
export function awayBrokers(image: MetadataImage, isLeaving: IsLeaving): Place[] {
  return placesOf(image, (id) => !isActive(image, id) && !isLeaving(id))
}

function placesOf({ brokers }: MetadataImage, isMeant: (brokerId: number) => boolean): Place[] {
  const meant = [...brokers.values()].filter(({ id }) => isMeant(id))
  return meant.map(({ id, rack }) => ({ id, rack })).sort((a, b) => a.id - b.id)
}

/**
 * Counts what brokers have in an image. What two images share is counted once, so that making one
 * topic among 10,000 does not look at all of them again.
 */
export function loadsOf({ topics }: MetadataImage): Loads {
  const loads = newCounts()
  for (const bucket of topics.buckets) {
    if (bucket === undefined) continue
    let ofBucket = counted.get(bucket)
    if (ofBucket === undefined) {
      ofBucket = newCounts()
      for (const topic of bucket.values()) countTopic(ofBucket, topic)
      counted.set(bucket, ofBucket)
    }
    for (const [id, count] of ofBucket.leaders) add(loads.leaders, id, count)
    for (const [id, count] of ofBucket.replicas) add(loads.replicas, id, count)
  }
  return loads
}

const counted = new WeakMap<object, Counts>()

export function newCounts(): Counts {
  return { leaders: new Map(), replicas: new Map() }
}

export function countTopic({ leaders, replicas }: Counts, { partitions }: TopicImage): void {
  for (let partition = 0; partition < partitions.count; partition++) {
    const ids = partitions.at(partition).replicas
    const [preferred] = ids
    if (preferred !== undefined) add(leaders, preferred, 1)
    for (const id of ids) add(replicas, id, 1)
  }
}

function racksOf(places: readonly Place[]): Map<string | null, number> {
  const racks = new Map<string | null, number>()
  for (const { rack } of places) add(racks, rack, 1)
  return racks
}

/** Who has the fewest by the first count, of these by the next, and so on. */
function oneOf(
  places: readonly Place[],
  by: readonly ReadonlyMap<number, number>[],
  random: Pick<Random, 'below'>,
): Place {
  const left = by.reduce((best, counts) => fewest(best, ({ id }) => counts.get(id) ?? 0), places)
  return left[random.below(left.length)] as Place
}

export function fewest(
  places: readonly Place[],
  countOf: (place: Place) => number,
): readonly Place[] {
  if (places.length === 1) return places
  const least = Math.min(...places.map(countOf))
  return places.filter((one) => countOf(one) === least)
}

export function add<K>(counts: Map<K, number>, key: K, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count)
}
