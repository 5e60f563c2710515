import { brokerConfig } from './broker-config.ts'
import type { BrokerNameWithDefault } from './broker-names.ts'
import { brokerValue } from './broker-value.ts'
import { checkEach, type SettingProblem } from './check-settings.ts'
import { type GroupConfigName, groupConfig, groupSynonym } from './group-config.ts'
import { type Parsed, parseSetting } from './parse-setting.ts'
import type { Entries } from './topic-values.ts'

/**
 * What is wrong with the settings that somebody gives a group. What brokers allow is their own
 * `group.*.min.*` and `group.*.max.*`.
 *
 * @param broker Settings of all brokers. Source: GroupConfig.validate.
 */
export function checkGroupSettings(entries: Entries, broker: Entries): SettingProblem[] {
  const problems = checkEach(groupConfig, entries, 'a group')
  if (problems.length > 0) return problems
  const bounds = [...entries.keys()].flatMap((name) => outOfBounds(name as GroupConfigName))
  return [...bounds, ...checkReset(entries), ...checkSessions(valueOf)]

  /** As it holds for the group. */
  function valueOf(name: GroupConfigName): number {
    const own = entries.get(name)
    if (own !== undefined) return numberOf(parseSetting(groupConfig[name], own))
    const synonym = groupSynonym(name)
    return synonym === undefined ? Number.NaN : Number(brokerValue(synonym, broker))
  }

  function outOfBounds(name: GroupConfigName): SettingProblem[] {
    const [kind = '', ...rest] = name.split('.')
    const value = valueOf(name)
    const bound = (which: 'min' | 'max') => [`group.${kind}.${which}`, ...rest].join('.')
    const least = bound('min')
    if (isBrokerSetting(least) && value < Number(brokerValue(least, broker))) {
      return [problem(name, `must be greater than or equal to ${least}`)]
    }
    // Of standby replicas there is a most, which is called otherwise.
    const isStandby = name === 'streams.num.standby.replicas'
    const most = isStandby ? 'group.streams.max.standby.replicas' : bound('max')
    if (isBrokerSetting(most) && value > Number(brokerValue(most, broker))) {
      return [problem(name, `must be less than or equal to ${most}`)]
    }
    return []
  }
}

function checkSessions(valueOf: (name: GroupConfigName) => number): SettingProblem[] {
  return (['consumer', 'share', 'streams'] as const).flatMap((kind) => {
    const [session, heartbeat] = [
      `${kind}.session.timeout.ms`,
      `${kind}.heartbeat.interval.ms`,
    ] as const
    if (valueOf(session) > valueOf(heartbeat)) return []
    return [problem(session, `must be greater than ${heartbeat}`)]
  })
}

/** Source: ShareGroupAutoOffsetResetStrategy. */
function checkReset(entries: Entries): SettingProblem[] {
  const name = 'share.auto.offset.reset'
  const value = entries.get(name)?.trim()
  if (value === undefined || /^(earliest|latest)$/i.test(value)) return []
  if (/^by_duration:P(?=.)(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?$/i.test(value)) return []
  return [problem(name, `must be earliest, latest or by_duration:PnDTnHnMn.nS, found ${value}`)]
}

function isBrokerSetting(name: string): name is BrokerNameWithDefault {
  return Object.hasOwn(brokerConfig, name)
}

/** Not a number where the setting is none. */
function numberOf(parsed: Parsed<unknown>): number {
  return 'value' in parsed ? Number(parsed.value) : Number.NaN
}

function problem(name: GroupConfigName, message: string): SettingProblem {
  return { name, reason: 'InvalidSetting', message }
}
