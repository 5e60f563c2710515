import { nearest } from '../../../lib/nearest.ts'
import { brokerConfig } from './broker-config.ts'
import { type Parsed, parseSetting } from './parse-setting.ts'
import type { Setting, Settings } from './setting.ts'
import { topicConfig } from './topic-config.ts'
import { topicSynonyms } from './topic-synonyms.ts'
import type { Entries } from './topic-values.ts'

/** What is wrong with one of several settings. The reason is stable; the message follows a name. */
export type SettingProblem = {
  readonly name: string
  readonly reason: 'UnknownSetting' | 'InvalidSetting' | 'OutOfRange' | 'OwnedSetting'
  readonly message: string
}

/**
 * What is wrong with the settings that somebody gives a topic. Kafka answers INVALID_CONFIG then.
 *
 * @param entries Those of the topic itself.
 */
export function checkTopicSettings(entries: Entries): SettingProblem[] {
  const problems = checkEach(topicConfig, entries, 'a topic')
  return problems.length === 0 ? checkCompactionLag(entries) : problems
}

/**
 * The same where they are about to hold, and what the schema of a resource does not say: the form of
 * lists of replicas, and that there is no tiered storage.
 */
export function checkTopicSettingsToHold(entries: Entries): SettingProblem[] {
  const problems = checkTopicSettings(entries)
  return problems.length > 0 ? problems : [...checkThrottled(entries), ...checkTiers(entries)]
}

/** What is wrong with the settings that somebody gives all brokers of a cluster. */
export function checkBrokerSettings(entries: Entries): SettingProblem[] {
  return checkEach(brokerConfig, entries, 'a broker')
}

/** The settings of these that are taken and have no effect, at least not yet. */
export function withoutEffect(settings: Settings, entries: Entries): string[] {
  return [...entries.keys()].filter((name) => {
    const support = Object.hasOwn(settings, name) ? settings[name]?.support : undefined
    return support === 'planned' || support === 'accepted'
  })
}

/** What is wrong with each setting by itself. @param whose In words: "a topic". */
export function checkEach(settings: Settings, entries: Entries, whose: string): SettingProblem[] {
  return [...entries].flatMap(([name, text]): SettingProblem[] => {
    if (!Object.hasOwn(settings, name)) {
      return [{ name, reason: 'UnknownSetting', message: unknown(settings, name, whose) }]
    }
    const setting = settings[name] as Setting
    if (setting.support === 'owned') {
      const why = setting.instead === 'leave it out' ? ` (${firstLower(setting.doc)})` : ''
      const message = `is not yours to set${why}: ${setting.instead}`
      return [{ name, reason: 'OwnedSetting', message }]
    }
    const parsed: Parsed<unknown> = parseSetting(setting, text)
    if (!('problem' in parsed)) return []
    return [{ name, reason: 'InvalidSetting', message: parsed.problem }]
  })
}

function unknown(settings: Settings, name: string, whose: string): string {
  const meant = twin(settings, name) ?? nearest(name, Object.keys(settings))
  const hint = meant === undefined ? '' : `; did you mean ${meant}?`
  return `is no setting of ${whose}${hint}`
}

/** Brokers and topics call the same thing by different names: log.retention.ms and retention.ms. */
function twin(settings: Settings, name: string): string | undefined {
  for (const [topicName, synonyms] of Object.entries(topicSynonyms)) {
    const names = [topicName, ...synonyms.map((synonym) => synonym.name)]
    if (names.includes(name)) return names.find((each) => Object.hasOwn(settings, each))
  }
  return undefined
}

/** Source: LogConfig.validateValues. */
function checkCompactionLag(entries: Entries): SettingProblem[] {
  const [min, max] = ['min.compaction.lag.ms', 'max.compaction.lag.ms'] as const
  const least = parseSetting(topicConfig[min], entries.get(min) ?? topicConfig[min].default)
  const most = parseSetting(topicConfig[max], entries.get(max) ?? topicConfig[max].default)
  if ('problem' in least || 'problem' in most || least.value <= most.value) return []
  const message = `must be at most ${max} (${most.value}), found ${least.value}`
  return [{ name: min, reason: 'InvalidSetting', message }]
}

/** Source: ThrottledReplicaListValidator. */
function checkThrottled(entries: Entries): SettingProblem[] {
  const names = ['leader', 'follower'].map((who) => `${who}.replication.throttled.replicas`)
  return names.flatMap((name): SettingProblem[] => {
    const words = (entries.get(name) ?? '').split(',').map((word) => word.trim())
    const isFine = words.join() === '' || words.join() === '*'
    if (isFine || words.every((word) => /^\d+:\d+$/.test(word))) return []
    const message = 'must be * or a list of partition:broker, such as 0:1,0:2'
    return [{ name, reason: 'InvalidSetting', message }]
  })
}

/** Who switches it on must not believe that it is on. */
function checkTiers(entries: Entries): SettingProblem[] {
  const name = 'remote.storage.enable'
  const parsed = parseSetting(topicConfig[name], entries.get(name) ?? 'false')
  if (!('value' in parsed) || !parsed.value) return []
  return [
    { name, reason: 'InvalidSetting', message: 'must be false: there is no tiered storage yet' },
  ]
}

function firstLower(sentence: string): string {
  return sentence.replace(/\.$/, '').replace(/^[A-Z](?![A-Z])/, (letter) => letter.toLowerCase())
}
