import type { PartitionImage } from '../../../broker/metadata/partition-table.ts'
import { hasSameMembers, isSameList } from '../decide/partition/id-lists.ts'
import { isMoving } from '../decide/partition/reassignment.ts'
import type { ListName, MovePhase, PartitionChange } from './entry.ts'

/** What a partition is before it is made. */
export const unborn: PartitionImage = {
  replicas: [],
  isr: [],
  elr: [],
  lastKnownElr: [],
  addingReplicas: [],
  removingReplicas: [],
  leader: -1,
  leaderEpoch: -1,
  partitionEpoch: -1,
  leaderRecoveryState: 'RECOVERED',
}

/** What is not the same: of these the second follows from the first, but for its partition epoch. */
export function changesBetween(before: PartitionImage, after: PartitionImage): PartitionChange[] {
  const changes: PartitionChange[] = []
  const { leader: from, leaderRecoveryState } = before
  const { leader: to, leaderEpoch, addingReplicas, removingReplicas } = after
  if (leaderEpoch !== before.leaderEpoch) changes.push({ what: 'leader', from, to, leaderEpoch })
  for (const what of listNames) {
    if (!isSameList(before[what], after[what])) {
      changes.push({ what, from: before[what], to: after[what] })
    }
  }
  const phase = movePhase(before, after)
  if (phase !== undefined) changes.push({ what: 'move', phase, addingReplicas, removingReplicas })
  if (after.leaderRecoveryState !== leaderRecoveryState) {
    const recovery = { from: leaderRecoveryState, to: after.leaderRecoveryState }
    changes.push({ what: 'leaderRecoveryState', ...recovery })
  }
  return changes
}

/** @returns Undefined where nothing of a move is new. */
export function movePhase(before: PartitionImage, after: PartitionImage): MovePhase | undefined {
  if (!isMoving(before)) return isMoving(after) ? 'begun' : undefined
  if (isMoving(after)) return isSameMove(before, after) ? undefined : 'redirected'
  const stayed = before.replicas.filter((id) => !before.addingReplicas.includes(id))
  return hasSameMembers(after.replicas, stayed) ? 'takenBack' : 'ended'
}

const listNames: readonly ListName[] = ['isr', 'elr', 'lastKnownElr', 'replicas']

function isSameMove(before: PartitionImage, after: PartitionImage): boolean {
  return (
    isSameList(before.addingReplicas, after.addingReplicas) &&
    isSameList(before.removingReplicas, after.removingReplicas)
  )
}
