import { type LeaderState, type Now, unheard, withFollower } from './leader-state.ts'

/**
 * Forgets what earlier incarnations of the followers fetched: a broker that registered anew may have
 * lost the end of its log (KIP-903, safety rule 1).
 */
export function forgetEarlierEpochs(
  state: LeaderState,
  { brokers, nowMs }: Pick<Now, 'brokers' | 'nowMs'>,
): LeaderState {
  let next = state
  for (const [brokerId, known] of state.followers) {
    const brokerEpoch = brokers(brokerId)?.epoch ?? -1
    if (brokerEpoch > known.brokerEpoch)
      next = noteBrokerEpoch(next, { brokerId, brokerEpoch, nowMs })
  }
  return next
}

/** One of these epochs was heard of: if it is a later one, nothing is known of that follower. */
export function noteBrokerEpoch(
  state: LeaderState,
  { brokerId, brokerEpoch, nowMs }: { brokerId: number; brokerEpoch: number; nowMs: number },
): LeaderState {
  const known = state.followers.get(brokerId)
  if (known === undefined || brokerEpoch <= known.brokerEpoch) return state
  const isInSync = state.isr.includes(brokerId)
  return withFollower(state, brokerId, unheard({ brokerEpoch, isInSync, nowMs }))
}
