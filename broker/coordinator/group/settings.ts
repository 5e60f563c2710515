import { brokerConfig } from '../../protocol/config/broker-config.ts'
import { parseSetting } from '../../protocol/config/parse-setting.ts'
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
    minSessionTimeoutMs: numberOf(entries, 'group.min.session.timeout.ms'),
    maxSessionTimeoutMs: numberOf(entries, 'group.max.session.timeout.ms'),
    initialRebalanceDelayMs: numberOf(entries, 'group.initial.rebalance.delay.ms'),
    maxSize: numberOf(entries, 'group.max.size'),
  }
}

type Name =
  | 'group.min.session.timeout.ms'
  | 'group.max.session.timeout.ms'
  | 'group.initial.rebalance.delay.ms'
  | 'group.max.size'

function numberOf(entries: Entries, name: Name): number {
  const parsed = parseSetting(brokerConfig[name], entries.get(name) ?? brokerConfig[name].default)
  return 'value' in parsed ? parsed.value : Number(brokerConfig[name].default)
}
