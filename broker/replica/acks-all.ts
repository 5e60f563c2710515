import { KafkaError } from '../protocol/errors.ts'
import { isUnderMinIsr } from './high-watermark.ts'
import type { LeaderState, Now } from './leader-state.ts'

/** Why an append with acks=all may not be taken, if so: NOT_LEADER_OR_FOLLOWER, NOT_ENOUGH_REPLICAS. */
export function refuseAcksAll(
  state: LeaderState,
  now: Pick<Now, 'settings'>,
): KafkaError | undefined {
  if (state.isResigned) return notLed()
  if (!isUnderMinIsr(state, now)) return undefined
  return new KafkaError('NOT_ENOUGH_REPLICAS', tooSmall(state, now))
}

/**
 * What to answer who waits with acks=all for an append that ends at `nextOffset`.
 *
 * Errors: NOT_ENOUGH_REPLICAS_AFTER_APPEND if it is committed, but the ISR has become too small since;
 * NOT_LEADER_OR_FOLLOWER if it may be committed yet, by others.
 */
export function acksAllOutcome(
  state: LeaderState,
  nextOffset: number,
  now: Pick<Now, 'settings'>,
): 'waits' | 'done' | KafkaError {
  if (state.highWatermark < nextOffset) return state.isResigned ? notLed() : 'waits'
  if (!isUnderMinIsr(state, now)) return 'done'
  return new KafkaError('NOT_ENOUGH_REPLICAS_AFTER_APPEND', tooSmall(state, now))
}

function notLed(): KafkaError {
  return new KafkaError('NOT_LEADER_OR_FOLLOWER', 'it is not led here')
}

function tooSmall({ isr }: LeaderState, { settings }: Pick<Now, 'settings'>): string {
  return `${isr.length} in sync, min.insync.replicas is ${settings.minInsyncReplicas}`
}
