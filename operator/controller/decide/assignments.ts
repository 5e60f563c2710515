import type { MetadataImage, TopicImage } from '../../../broker/metadata/image.ts'
import { KafkaError } from '../../../broker/protocol/errors.ts'
import type { Random } from '../../../lib/random.ts'
import {
  type IsLeaving,
  loadsOf,
  type Place,
  type PlacementRules,
  place,
  usableBrokers,
} from './placement.ts'

/** For each partition, in their order, the ids of its replicas. */
export type Assignment = readonly (readonly number[])[]

/** @throws {KafkaError} INVALID_REPLICATION_FACTOR. */
export function checkReplicationFactor(
  replicationFactor: number,
  { maxReplicationFactor: most = 1 }: PlacementRules,
): void {
  if (replicationFactor <= most) return
  const what = most === 1 ? 'replication is not there yet: the' : 'the'
  const limit = most === 1 ? '1' : `${most} at most`
  const message = `${what} replication factor must be ${limit}, found ${replicationFactor}`
  throw new KafkaError('INVALID_REPLICATION_FACTOR', message)
}

/** Chooses brokers for new partitions. @throws {KafkaError} INVALID_REPLICATION_FACTOR. */
export function chosen(
  image: MetadataImage,
  about: { count: number; replicationFactor: number; topic?: TopicImage },
  { random, isLeaving }: Pick<PlacementRules, 'isLeaving'> & { random: Pick<Random, 'below'> },
): Assignment {
  const places = usableBrokers(image, isLeaving)
  const { replicationFactor } = about
  if (places.length < replicationFactor) {
    const what = `Unable to replicate the partition ${replicationFactor} time(s)`
    throw new KafkaError('INVALID_REPLICATION_FACTOR', `${what}: ${whyTooFew(image, places)}`)
  }
  return place({ ...about, places }, loadsOf(image), random)
}

function whyTooFew(image: MetadataImage, places: readonly Place[]): string {
  const others = usableBrokers(image, () => false).length > places.length
  const leaving = others ? ', or are about to leave' : ''
  if (places.length === 0) return `All brokers are currently fenced${leaving}.`
  const rest = others ? '; others are about to leave' : ''
  return `The target replication factor cannot be reached because only ${places.length} broker(s) are registered${rest}.`
}

/**
 * Checks replicas that somebody named. Each may be fenced, but one of each partition must not be;
 * none may be about to leave.
 *
 * @throws {KafkaError} INVALID_REPLICA_ASSIGNMENT, INVALID_REPLICATION_FACTOR. Source:
 *   ReplicationControlManager.validateManualPartitionAssignment.
 */
export function checkAssignment(
  image: MetadataImage,
  assignment: Assignment,
  rules: PlacementRules,
): void {
  const { isLeaving } = rules
  const usable = new Set(usableBrokers(image, isLeaving).map(({ id }) => id))
  const replicationFactor = assignment[0]?.length ?? 0
  for (const [partition, replicas] of assignment.entries()) {
    const problem = problemOf(image, replicas, { usable, replicationFactor, isLeaving })
    if (problem === undefined) continue
    throw new KafkaError('INVALID_REPLICA_ASSIGNMENT', `partition ${partition} ${problem}`)
  }
  checkReplicationFactor(replicationFactor, rules)
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
