import type { PartitionImage } from '../../../../broker/metadata/partition-table.ts'

/** Where replicas are. While they are moved, `replicas` has the old ones and the new ones. */
export type Assigned = Pick<PartitionImage, 'replicas' | 'addingReplicas' | 'removingReplicas'>

/**
 * Ends a move once all that are added are in sync: those that were to go are gone, from the ISR too
 * (KIP-455). It goes on as long as that would leave nobody in sync.
 *
 * Source: PartitionReassignmentReplicas.maybeCompleteReassignment.
 */
export function settled(
  assigned: Assigned,
  isr: readonly number[],
): Assigned & { readonly isr: readonly number[] } {
  const { replicas, addingReplicas, removingReplicas } = assigned
  const goesOn = { replicas, addingReplicas, removingReplicas, isr }
  if (addingReplicas.length === 0 && removingReplicas.length === 0) return goesOn
  const stays = (id: number) => !removingReplicas.includes(id)
  const left = isr.filter(stays)
  if (left.length === 0 || !addingReplicas.every((id) => left.includes(id))) return goesOn
  return { replicas: replicas.filter(stays), addingReplicas: [], removingReplicas: [], isr: left }
}
