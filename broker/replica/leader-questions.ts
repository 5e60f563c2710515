import { KafkaError } from '../protocol/errors.ts'
import { type LeaderState, type Now, never } from './leader-state.ts'

/**
 * Why consumers may not be told the high watermark yet, if so: OFFSET_NOT_AVAILABLE. A new leader knows
 * less of what was committed than the one before, and offsets would go back (KIP-207).
 */
export function refuseLatestOffset(state: LeaderState): KafkaError | undefined {
  const { highWatermark, epochStartOffset } = state
  if (highWatermark >= epochStartOffset) return undefined
  const message = `the high watermark ${highWatermark} has not come to ${epochStartOffset} yet`
  return new KafkaError('OFFSET_NOT_AVAILABLE', message)
}

/**
 * Whether clients may be served. Not if for a session neither the controller nor another member of the
 * ISR was heard of: others may have elected another leader long ago (safety rule 19). To be asked for
 * produce with acks 0 and 1, fetches and reads of a coordinator; answered is NOT_LEADER_OR_FOLLOWER.
 *
 * @param controllerHeardMs When the last heartbeat was sent that a controller answered.
 */
export function mayServe(
  { brokerId, isr, elr, followers, isResigned }: LeaderState,
  nowMs: number,
  { controllerHeardMs, sessionTimeoutMs }: { controllerHeardMs: number; sessionTimeoutMs: number },
): boolean {
  if (isResigned) return false
  const isTheOnlyOne = isr.length === 1 && elr.length === 0
  if (isTheOnlyOne || isRecent(controllerHeardMs)) return true
  return isr.some((id) => id !== brokerId && isRecent(followers.get(id)?.seenMs ?? never))

  function isRecent(heardMs: number): boolean {
    return nowMs - heardMs <= sessionTimeoutMs
  }
}

/** Nothing before it is on any replica that is alive: the low watermark of DeleteRecords (KIP-107). */
export function lowWatermark(state: LeaderState, { log, brokers }: Now): number {
  let start = log.logStartOffset
  for (const [id, { logStartOffset }] of state.followers) {
    if (brokers(id)?.fenced === false) start = Math.min(start, logStartOffset)
  }
  return start
}
