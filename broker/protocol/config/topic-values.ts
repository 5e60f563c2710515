import { invariant } from '../../../lib/invariant.ts'
import { brokerConfig } from './broker-config.ts'
import { type Parsed, parseSetting } from './parse-setting.ts'
import type { Setting } from './setting.ts'
import { type TopicConfig, type TopicConfigName, topicConfig } from './topic-config.ts'
import { type Synonym, topicSynonyms } from './topic-synonyms.ts'

/** Texts of settings by name, as they were given. */
export type Entries = ReadonlyMap<string, string>

/** Where a value comes from, in the words of DescribeConfigs; its numbers are Kafka's. */
export const configSources = {
  DYNAMIC_TOPIC_CONFIG: 1,
  DYNAMIC_BROKER_CONFIG: 2,
  DYNAMIC_DEFAULT_BROKER_CONFIG: 3,
  STATIC_BROKER_CONFIG: 4,
  DEFAULT_CONFIG: 5,
  DYNAMIC_BROKER_LOGGER_CONFIG: 6,
  DYNAMIC_CLIENT_METRICS_CONFIG: 7,
  DYNAMIC_GROUP_CONFIG: 8,
} as const
export type ConfigSource = keyof typeof configSources

/** What is said for topics in general: settings of the broker, the first of which hold. */
export type BrokerLayer = {
  readonly source: Extract<
    ConfigSource,
    'DYNAMIC_BROKER_CONFIG' | 'DYNAMIC_DEFAULT_BROKER_CONFIG' | 'STATIC_BROKER_CONFIG'
  >
  readonly entries: Entries
}

/** One value, where it comes from, and all that would hold if those before it were not there. */
export type Effective<T> = {
  readonly value: T
  readonly text: string
  readonly source: ConfigSource
  readonly synonyms: readonly SynonymValue[]
}
export type SynonymValue = {
  readonly name: string
  readonly text: string
  readonly source: ConfigSource
}
export type EffectiveTopicConfig = {
  readonly [Name in TopicConfigName]: Effective<TopicConfig[Name]>
}

/**
 * All settings of a topic as they hold: its own, else those of the broker, else Kafka's defaults.
 * What is unknown or cannot be read is passed over, as if it were not there: whoever takes settings
 * from outside has refused it (`check-settings.ts`), and a topic must be served whatever was kept.
 *
 * @param entries The topic's own.
 */
export function parseTopicConfig(
  entries: Entries,
  layers: readonly BrokerLayer[] = [],
): EffectiveTopicConfig {
  const names = Object.keys(topicConfig) as TopicConfigName[]
  return Object.fromEntries(
    names.map((name) => [name, effective(name, entries, layers)]),
  ) as EffectiveTopicConfig
}

function effective(
  name: TopicConfigName,
  entries: Entries,
  layers: readonly BrokerLayer[],
): Effective<unknown> {
  const brokers = topicSynonyms[name] ?? []
  const found = [
    ...read('DYNAMIC_TOPIC_CONFIG', name, topicConfig[name], entries.get(name)),
    ...layers.flatMap(({ source, entries: texts }) =>
      brokers.flatMap(({ name: as, times }) =>
        read(source, as, brokerConfig[as], texts.get(as), times),
      ),
    ),
    ...byDefault(name, brokers),
  ]
  const [first] = found
  invariant(first !== undefined, `${name} has a default that can be read`)
  const { value, text, source } = first
  return { value, text, source, synonyms: found.map(({ synonym }) => synonym) }
}

type Found = Omit<Effective<unknown>, 'synonyms'> & { readonly synonym: SynonymValue }

/** As Kafka shows it: the default of the broker's last synonym, or the topic's where it has none. */
function byDefault(name: TopicConfigName, brokers: readonly Synonym[]): Found[] {
  const last = brokers.findLast(({ name: as }) => typeof brokerConfig[as].default === 'string')
  if (last === undefined) return read('DEFAULT_CONFIG', name, topicConfig[name], defaultOf(name))
  const setting: Setting = brokerConfig[last.name]
  return read('DEFAULT_CONFIG', last.name, setting, setting.default as string, last.times)
}

function defaultOf(name: TopicConfigName): string {
  return topicConfig[name].default
}

function read(
  source: ConfigSource,
  name: string,
  setting: Setting,
  text: string | undefined,
  times?: number,
): Found[] {
  if (text === undefined) return []
  const parsed: Parsed<unknown> = parseSetting(setting, text)
  if ('problem' in parsed) return []
  const synonym = { name, text, source }
  if (times === undefined) return [{ value: parsed.value, text, source, synonym }]
  const count = parsed.value as number
  const value = count < 0 ? -1 : count * times // -1 is no limit, in whatever unit
  return [{ value, text: String(value), source, synonym }]
}
