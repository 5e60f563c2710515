import type { CoordinatorState } from '../coordinator-state.ts'
import type { Decision } from '../decision.ts'
import type { CoordinatorRecord } from '../records.ts'
import type { CommittedOffset } from './committed-offsets.ts'
import { offsetTombstone, removal } from './delete-offsets.ts'

/**
 * Takes away what some groups committed long ago and nobody will ask for any more, and those that
 * are empty and have no offsets left.
 *
 * Source: OffsetMetadataManager.cleanupExpiredOffsets, ClassicGroup.offsetExpirationCondition
 * (KIP-211).
 *
 * @returns How many offsets and groups go.
 */
export function expireOffsets(
  state: CoordinatorState,
  groups: readonly string[],
  { nowMs, retentionMs }: { nowMs: number; retentionMs: number },
): Decision<number> {
  const { membership, offsets } = state
  const records: CoordinatorRecord[] = []
  for (const group of groups) {
    const sinceMs = ageOf(state, group)
    if (sinceMs === undefined) continue
    let isEmptied = true
    for (const [topic, partitions] of offsets.ofGroup(group)) {
      if (membership.isSubscribed(group, topic)) {
        isEmptied = false
        continue
      }
      for (const [partition, committed] of partitions) {
        const { expireTimestampMs } = committed
        const endMs =
          expireTimestampMs === -1 ? sinceMs(committed) + retentionMs : expireTimestampMs
        if (nowMs >= endMs) records.push(offsetTombstone(group, topic, partition))
        else isEmptied = false
      }
    }
    if (!isEmptied) continue
    const groupState = membership.stateOf(group)
    const isThere = groupState === 'Empty' || (groupState === 'Unknown' && offsets.has(group))
    if (isThere) records.push(...removal(state, group))
  }
  return { records, response: records.length }
}

/** From when on the time of an offset runs; undefined for groups whose offsets do not expire now. */
function ageOf(
  { membership }: CoordinatorState,
  group: string,
): ((committed: CommittedOffset) => number) | undefined {
  const protocolType = membership.protocolType(group) ?? ''
  const state = membership.stateOf(group)
  const committedMs = ({ commitTimestampMs }: CommittedOffset) => commitTimestampMs
  if (state === 'Empty' && protocolType !== '') {
    const emptySinceMs = membership.emptySinceMs(group)
    return emptySinceMs === null ? committedMs : () => emptySinceMs
  }
  if (state === 'Unknown' || state === 'Empty') return committedMs // it never had members
  return state === 'Stable' && protocolType === 'consumer' ? committedMs : undefined
}
