import { KafkaError } from '../../protocol/errors.ts'
import { errorCodes } from '../../protocol/generated/error-codes.ts'
import type { CoordinatorState } from '../coordinator-state.ts'
import type { Decision } from '../decision.ts'
import type { CoordinatorRecord } from '../records.ts'

/**
 * Takes offsets away that nobody reads on from: of a group without members, or of topics that its
 * members did not subscribe to. Those that are not there count as taken away.
 *
 * Source: OffsetMetadataManager.deleteOffsets.
 *
 * @returns For each partition the code of its error.
 * @throws {KafkaError} GROUP_ID_NOT_FOUND, NON_EMPTY_GROUP of a group that is none of consumers.
 */
export function deleteOffsets(
  coordinator: CoordinatorState,
  group: string,
  partitions: readonly { readonly topic: string; readonly partition: number }[],
): Decision<number[]> {
  checkThere(coordinator, group)
  const { membership, offsets } = coordinator
  const state = membership.stateOf(group)
  const hasMembers = state !== 'Empty' && state !== 'Unknown'
  if (hasMembers && membership.protocolType(group) !== 'consumer') {
    throw new KafkaError('NON_EMPTY_GROUP', `group ${group} has members`)
  }
  const records: CoordinatorRecord[] = []
  const response = partitions.map(({ topic, partition }) => {
    if (membership.isSubscribed(group, topic)) return errorCodes.GROUP_SUBSCRIBED_TO_TOPIC
    if (offsets.get(group, topic, partition) !== undefined) {
      records.push(offsetTombstone(group, topic, partition))
    }
    return errorCodes.NONE
  })
  return { records, response }
}

/**
 * Takes a group away, with its offsets.
 *
 * Source: GroupCoordinatorShard.deleteGroups.
 *
 * @throws {KafkaError} GROUP_ID_NOT_FOUND, NON_EMPTY_GROUP
 */
export function deleteGroup(coordinator: CoordinatorState, group: string): Decision<void> {
  checkThere(coordinator, group)
  const { membership, offsets } = coordinator
  const state = membership.stateOf(group)
  if (state !== 'Empty' && state !== 'Unknown') {
    throw new KafkaError('NON_EMPTY_GROUP', `group ${group} has members`)
  }
  const records: CoordinatorRecord[] = []
  for (const [topic, partitions] of offsets.ofGroup(group)) {
    for (const partition of partitions.keys())
      records.push(offsetTombstone(group, topic, partition))
  }
  records.push(...removal(coordinator, group))
  return { records, response: undefined }
}

export function offsetTombstone(
  group: string,
  topic: string,
  partition: number,
): CoordinatorRecord {
  return { type: 'OffsetCommit', group, topic, partition, value: null }
}

/** What takes an empty group away, after its offsets. */
export function removal(
  { membership }: Pick<CoordinatorState, 'membership'>,
  group: string,
): readonly CoordinatorRecord[] {
  const hadMembers = membership.stateOf(group) === 'Empty'
  return hadMembers ? membership.remove(group) : [{ type: 'GroupMetadata', group, value: null }]
}

/** A group is there if it has members or had some, or if somebody committed offsets for it. */
function checkThere({ membership, offsets }: CoordinatorState, group: string): void {
  const state = membership.stateOf(group)
  if (state === 'Dead' || (state === 'Unknown' && !offsets.has(group))) {
    throw new KafkaError('GROUP_ID_NOT_FOUND', `there is no group ${group}`)
  }
}
