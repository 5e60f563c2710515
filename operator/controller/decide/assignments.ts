import type { MetadataImage, TopicImage } from '../../../broker/metadata/image.ts'
import { KafkaError } from '../../../broker/protocol/errors.ts'
import type { Random } from '../../../lib/random.ts'
import {
  awayBrokers,
  type IsLeaving,
  loadsOf,
  type Place,
  type PlacementRules,
  place,
  usableBrokers,
} from './placement.ts'

/** For each partition, in their order, the ids of its replicas. */
export type Assignment = readonly (readonly number[])[]

/** Chooses brokers for new partitions. @throws {KafkaError} INVALID_REPLICATION_FACTOR. */
export function chosen(
  image: MetadataImage,
  about: { count: number; replicationFactor: number; topic?: TopicImage },
  { random, isLeaving }: Pick<PlacementRules, 'isLeaving'> & { random: Pick<Random, 'below'> },
): Assignment {
  const places = placesFor(image, about.replicationFactor, isLeaving)
  return place({ ...about, ...places }, loadsOf(image), random)
}

/**
 * Who may be given replicas. Those that are away are as well as those that are there for what
 * there would be too few otherwise: a topic can be made while one of three brokers starts anew. But half
 * of them have to be there, unlike in Kafka: who is there alone in sync takes the topic with it where it
 * loses its disk.
 *
 * @throws {KafkaError} INVALID_REPLICATION_FACTOR. Source: StripedReplicaPlacer.
 */
export function placesFor(
  image: MetadataImage,
  replicationFactor: number,
  isLeaving: IsLeaving,
): { readonly places: readonly Place[]; readonly away: readonly Place[] } {
  const places = usableBrokers(image, isLeaving)
  const away = awayBrokers(image, isLeaving)
  const isHalf = places.length > 0 && places.length >= replicationFactor / 2
  if (isHalf && places.length + away.length >= replicationFactor) {
    return { places, away }
  }
  const what = `Unable to replicate the partition ${replicationFactor} time(s)`
  const why = whyTooFew(image, { active: places.length, away: away.length, replicationFactor })
  throw new KafkaError('INVALID_REPLICATION_FACTOR', `${what}: ${why}`)
}

function whyTooFew(
  { brokers }: MetadataImage,
  about: { active: number; away: number; replicationFactor: number },
): string {
  const { active, away, replicationFactor } = about
  const leave = brokers.size > active + away
  if (active === 0) {
    return `All brokers are currently fenced${leave ? ', or are about to leave' : ''}.`
  }
  const rest = leave ? '; others are about to leave' : ''
  if (active + away >= replicationFactor)
    return `${away} of ${active + away} brokers are away${rest}.`
  return `The target replication factor cannot be reached because only ${active + away} broker(s) are registered${rest}.`
}

/**
 * Checks replicas that somebody named. Each may be fenced, but one of each partition must not be;
 * none may be about to leave.
 *
 * @throws {KafkaError} INVALID_REPLICA_ASSIGNMENT. Source:
 *   ReplicationControlManager.validateManualPartitionAssignment.
 */
export function checkAssignment(
  image: MetadataImage,
  assignment: Assignment,
  { isLeaving }: PlacementRules,
): void {
  const usable = new Set(usableBrokers(image, isLeaving).map(({ id }) => id))
  const replicationFactor = assignment[0]?.length ?? 0
  for (const [partition, replicas] of assignment.entries()) {
    const problem = problemOf(image, replicas, { usable, replicationFactor, isLeaving })
    if (problem === undefined) continue
    throw new KafkaError('INVALID_REPLICA_ASSIGNMENT', `partition ${partition} ${problem}`)
  }
}

function problemOf(
  { brokers }: MetadataImage,
  replicas: readonly number[],
  {
    usable,
    replicationFactor,
    isLeaving,
  }: { usable: ReadonlySet<number>; replicationFactor: number; isLeaving: IsLeaving },
): string | undefined {
  if (replicas.length === 0) return 'has an empty list of replicas'
  const unknown = replicas.find((id) => !brokers.has(id))
  if (unknown !== undefined) return `names broker ${unknown}, which is not registered`
  if (new Set(replicas).size < replicas.length) return 'names a broker more than once'
  if (replicas.length !== replicationFactor) {
    return `has ${replicas.length} replicas, others have ${replicationFactor}`
  }
  const leaving = replicas.find(isLeaving)
  if (leaving !== undefined) return `names broker ${leaving}, which is about to leave`
  if (replicas.some((id) => usable.has(id))) return undefined
  return 'names only brokers that are fenced or in controlled shutdown'
}
