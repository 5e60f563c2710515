import type { FollowerProgress, LeaderState } from './leader-state.ts'

/**
 * The follower from which a consumer best reads in the leader's place (KIP-392): in sync, with the offset in its log
 * as far as the leader has heard. Of several the one that has most, as Kafka's `ReplicaView.comparator` says.
 *
 * @param among Brokers that come into question.
 */
export function readReplica(
  { isr, followers }: Pick<LeaderState, 'isr' | 'followers'>,
  { fetchOffset, among }: { fetchOffset: number; among: ReadonlySet<number> },
): number | undefined {
  let best: (FollowerProgress & { readonly id: number }) | undefined
  for (const [id, progress] of followers) {
    const { logStartOffset, logEndOffset } = progress
    const hasIt = fetchOffset >= Math.max(0, logStartOffset) && fetchOffset <= logEndOffset
    if (!hasIt || !among.has(id) || !isr.includes(id)) continue
    const own = { ...progress, id }
    if (best === undefined || compare(own, best) > 0) best = own
  }
  return best?.id
}

type Candidate = Pick<FollowerProgress, 'logEndOffset' | 'lastCaughtUpMs'> & { readonly id: number }

function compare(a: Candidate, b: Candidate): number {
  return a.logEndOffset - b.logEndOffset || a.lastCaughtUpMs - b.lastCaughtUpMs || a.id - b.id
}
