import { brokerValue } from '../../protocol/config/broker-value.ts'
import type { Entries } from '../../protocol/config/topic-values.ts'

/** Settings of a broker that bound its classic groups. */
export type GroupSettings = {
  readonly minSessionTimeoutMs: number
  readonly maxSessionTimeoutMs: number
  /** How long the first rebalance of a group without members waits for more of them. */
  readonly initialRebalanceDelayMs: number
  /** How many members a group may have. */
  readonly maxSize: number
}

export function groupSettingsOf(entries: Entries): GroupSettings {
  return {
    minSessionTimeoutMs: brokerValue('group.min.session.timeout.ms', entries),
    maxSessionTimeoutMs: brokerValue('group.max.session.timeout.ms', entries),
    initialRebalanceDelayMs: brokerValue('group.initial.rebalance.delay.ms', entries),
    maxSize: brokerValue('group.max.size', entries),
  }
}
