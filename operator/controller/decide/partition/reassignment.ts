import type { PartitionImage } from '../../../../broker/metadata/partition-table.ts'

/** Where replicas are. While they are moved, `replicas` has the old ones and the new ones. */
export type Assigned = Pick<PartitionImage, 'replicas' | 'addingReplicas' | 'removingReplicas'>

export function isMoving({ addingReplicas, removingReplicas }: Assigned): boolean {
  return addingReplicas.length > 0 || removingReplicas.length > 0
}

/** Where replicas are once a move that is under way has ended. */
export function targetOf({ replicas, removingReplicas }: Assigned): number[] {
  return replicas.filter((id) => !removingReplicas.includes(id))
}

/**
 * The beginning of a move, or another end for one that is under way: the new replicas come first, in
 * their order, and those that go stay until the new ones are in sync (KIP-455).
 *
 * Source: PartitionReassignmentReplicas.
 */
export function movedTo(before: Assigned, target: readonly number[]): Assigned {
  const { replicas } = before
  const removingReplicas = replicas.filter((id) => !target.includes(id))
  // One that a move before was adding is not there yet, whatever was asked since.
  const isThere = (id: number) => replicas.includes(id) && !before.addingReplicas.includes(id)
  const addingReplicas = target.filter((id) => !isThere(id))
  return { replicas: [...target, ...removingReplicas], addingReplicas, removingReplicas }
}

/** A move that is taken back: what was there stays, in the order it has now. */
export function takenBack({ replicas, addingReplicas }: Assigned): Assigned {
  const stays = replicas.filter((id) => !addingReplicas.includes(id))
  return { replicas: stays, addingReplicas: [], removingReplicas: [] }
}

/**
 * Ends a move once all that are added are in sync: those that were to go are gone, from the ISR too
 * (KIP-455). It goes on as long as that would leave fewer in sync than there have to be: what is left would
 * be one disk away from nothing. Kafka ends it as soon as one is left.
 *
 * @param minInSync `min.insync.replicas`
 *
 * Source: PartitionReassignmentReplicas.maybeCompleteReassignment.
 */
export function settled(
  assigned: Assigned,
  isr: readonly number[],
  minInSync: number,
): Assigned & { readonly isr: readonly number[] } {
  const { replicas, addingReplicas, removingReplicas } = assigned
  const goesOn = { replicas, addingReplicas, removingReplicas, isr }
  if (!isMoving(assigned)) return goesOn
  const target = targetOf(assigned)
  const left = isr.filter((id) => !removingReplicas.includes(id))
  const isEnough = left.length >= Math.max(1, Math.min(minInSync, target.length))
  if (!isEnough || !addingReplicas.every((id) => left.includes(id))) return goesOn
  return { replicas: target, addingReplicas: [], removingReplicas: [], isr: left }
}
