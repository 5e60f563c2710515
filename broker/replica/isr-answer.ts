import type { KafkaError } from '../protocol/errors.ts'
import type { IsrProposal, LeaderStep } from './isr-proposal.ts'
import { logMoved } from './leader-events.ts'
import type { LeaderState, Now } from './leader-state.ts'

/** What AlterPartition answers of one partition, or of all. No answer at all: NETWORK_EXCEPTION. */
export type IsrAnswer =
  | { readonly error: KafkaError['code'] }
  | { readonly error?: undefined; readonly leaderEpoch: number; readonly partitionEpoch: number }

/**
 * The controller answered. Even after success the maximal ISR counts until the metadata log says so
 * too (safety rule 21). After an error that tells of a newer state it counts until that is seen, since
 * an earlier attempt may have succeeded.
 *
 * Errors that say that nothing was done, INELIGIBLE_REPLICA and OPERATION_NOT_ATTEMPTED, are believed:
 * no attempt of this proposal may be able to reach the controller behind the one that is answered.
 *
 * @returns With `send`, the same proposal is to be sent again after a while.
 */
export function proposalAnswered(
  state: LeaderState,
  { proposal, answer }: { proposal: IsrProposal; answer: IsrAnswer },
  now: Now,
): LeaderStep {
  const { pending } = state
  if (state.isResigned || pending?.proposal !== proposal) return { state, send: undefined }
  if (answer.error === undefined) {
    if (answer.leaderEpoch !== state.leaderEpoch) return { state, send: undefined }
    const seenAtPartitionEpoch = answer.partitionEpoch
    const isSeen = state.partitionEpoch >= seenAtPartitionEpoch // it was so already
    const next = isSeen ? undefined : { proposal, seenAtPartitionEpoch }
    return { state: logMoved({ ...state, pending: next }, now), send: undefined }
  }
  if (notDone.has(answer.error)) {
    return { state: logMoved({ ...state, pending: undefined }, now), send: undefined }
  }
  return { state, send: awaitsMetadata.has(answer.error) ? undefined : proposal }
}

const notDone = new Set<KafkaError['code']>(['INELIGIBLE_REPLICA', 'OPERATION_NOT_ATTEMPTED'])

/** As Kafka's Partition does. Sending again cannot help; a later image will. */
const awaitsMetadata = new Set<KafkaError['code']>([
  'INVALID_UPDATE_VERSION',
  'FENCED_LEADER_EPOCH',
  'NEW_LEADER_ELECTED',
  'UNKNOWN_TOPIC_OR_PARTITION',
  'UNKNOWN_TOPIC_ID',
  'INVALID_REQUEST',
])
