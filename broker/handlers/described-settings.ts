import { configOf, topicNamed } from '../metadata/image.ts'
import { brokerLayers, effectiveTopicConfig } from '../partition/topic-log-config.ts'
import { brokerConfig } from '../protocol/config/broker-config.ts'
import type { BrokerConfigName } from '../protocol/config/broker-names.ts'
import { clientMetricsConfig } from '../protocol/config/client-metrics-config.ts'
import { isDynamicBrokerSetting } from '../protocol/config/dynamic-settings.ts'
import { type GroupConfigName, groupConfig, groupSynonym } from '../protocol/config/group-config.ts'
import { configTypes } from '../protocol/config/resource-types.ts'
import type { Setting } from '../protocol/config/setting.ts'
import { type TopicConfigName, topicConfig } from '../protocol/config/topic-config.ts'
import { topicSynonyms } from '../protocol/config/topic-synonyms.ts'
import type { BrokerLayer, ConfigSource, SynonymValue } from '../protocol/config/topic-values.ts'
import { KafkaError } from '../protocol/errors.ts'
import type { Services } from './services.ts'
import { isTopicName } from './topic-names.ts'

/** A setting as it holds. */
export type Described = {
  readonly name: string
  readonly text: string | null
  readonly setting: Setting
  readonly readOnly: boolean
  /** All that would hold if those before it were not there. The first says where the value is from. */
  readonly synonyms: readonly SynonymValue[]
}

/**
 * What a resource has for settings, of the kinds that have a table for them.
 *
 * @throws {KafkaError} INVALID_REQUEST, INVALID_TOPIC_EXCEPTION, UNKNOWN_TOPIC_OR_PARTITION. Source:
 *   ConfigHelper.describeConfigs.
 */
export function describedSettings(
  { type, name }: { type: number; name: string },
  services: Services,
): Described[] {
  switch (type) {
    case configTypes.topic:
      return ofTopic(name, services)
    case configTypes.broker:
      return ofBroker(name, services)
    case configTypes.group:
      return ofGroup(name, services)
    case configTypes.clientMetrics:
      return ofClientMetrics(name, services)
    default:
      throw new KafkaError('INVALID_REQUEST', `Unknown resource type ${type}`)
  }
}

/** @throws {KafkaError} INVALID_REQUEST, unless this is the broker that is meant. */
export function checkBrokerId(name: string, nodeId: number): void {
  if (!/^-?\d{1,10}$/.test(name)) {
    throw new KafkaError('INVALID_REQUEST', `Broker id must be an integer, but it is: ${name}`)
  }
  if (Number(name) === nodeId) return
  const message = `Unexpected broker id, expected ${nodeId}, but received ${name}`
  throw new KafkaError('INVALID_REQUEST', message)
}

function ofTopic(topic: string, services: Services): Described[] {
  const image = services.image()
  if (!isTopicName(topic)) {
    throw new KafkaError('INVALID_TOPIC_EXCEPTION', `no topic can be called "${topic}"`)
  }
  if (topicNamed(image, topic) === undefined) {
    throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `there is no topic ${topic}`)
  }
  return Object.entries(effectiveTopicConfig(image, topic, services)).map(([key, effective]) => {
    const name = key as TopicConfigName
    const [own, others] = parted(effective.synonyms, 'DYNAMIC_TOPIC_CONFIG')
    const ofBrokers = fromName(others, topicSynonyms[name]?.[0]?.name)
    return {
      name,
      text: effective.text,
      setting: topicConfig[name],
      readOnly: false,
      synonyms: [...own, ...ofBrokers],
    }
  })
}

/** @param id Empty for what was set for all brokers. */
function ofBroker(id: string, services: Services): Described[] {
  if (id !== '') checkBrokerId(id, services.nodeId)
  const layers = layersOf(services)
  const names = Object.keys(brokerConfig) as BrokerConfigName[]
  return names.flatMap((name) => {
    const all = brokerSynonyms(name, layers)
    const synonyms =
      id === '' ? all.filter(({ source }) => source === 'DYNAMIC_DEFAULT_BROKER_CONFIG') : all
    const [first] = synonyms
    if (first === undefined && id === '') return []
    const setting: Setting = brokerConfig[name]
    const text = first?.text ?? null
    return [{ name, text, setting, readOnly: !isDynamicBrokerSetting(name), synonyms }]
  })
}

function ofGroup(group: string, services: Services): Described[] {
  if (group === '') throw new KafkaError('INVALID_REQUEST', 'Group name must not be empty')
  const given = configOf(services.image(), { type: configTypes.group, name: group })
  const layers = layersOf(services)
  return (Object.keys(groupConfig) as GroupConfigName[]).map((name) => {
    const setting: Setting = groupConfig[name]
    const synonym = groupSynonym(name)
    const others =
      synonym === undefined ? byDefault(name, setting) : brokerSynonyms(synonym, layers)
    const synonyms = [...textOf(name, given, 'DYNAMIC_GROUP_CONFIG'), ...others]
    return { name, text: synonyms[0]?.text ?? null, setting, readOnly: false, synonyms }
  })
}

function ofClientMetrics(subscription: string, services: Services): Described[] {
  if (subscription === '') {
    const message = 'Client metrics subscription name must not be empty'
    throw new KafkaError('INVALID_REQUEST', message)
  }
  const resource = { type: configTypes.clientMetrics, name: subscription }
  const given = configOf(services.image(), resource)
  return Object.entries(clientMetricsConfig).map(([name, setting]: [string, Setting]) => {
    const synonyms = textOf(name, given, 'DYNAMIC_CLIENT_METRICS_CONFIG')
    const text = synonyms[0]?.text ?? setting.default ?? null
    return { name, text, setting, readOnly: false, synonyms }
  })
}

function layersOf(services: Services): BrokerLayer[] {
  return brokerLayers(services.image(), services)
}

/** One of a broker's settings, with those that hold in its place where they are given. */
function brokerSynonyms(name: BrokerConfigName, layers: readonly BrokerLayer[]): SynonymValue[] {
  const same = Object.values(topicSynonyms).find(([first]) => first?.name === name)
  const names = same?.map((synonym) => synonym.name) ?? [name]
  const given = layers.flatMap(({ source, entries }) =>
    names.flatMap((own) => textOf(own, entries, source)),
  )
  return fromName([...given, ...names.flatMap((own) => byDefault(own, brokerConfig[own]))], name)
}

function textOf(
  name: string,
  entries: ReadonlyMap<string, string>,
  source: ConfigSource,
): SynonymValue[] {
  const text = entries.get(name)
  return text === undefined ? [] : [{ name, text, source }]
}

function byDefault(name: string, { default: text }: Setting): SynonymValue[] {
  return typeof text === 'string' ? [{ name, text, source: 'DEFAULT_CONFIG' }] : []
}

/** As Kafka does, which leaves out what comes before the setting itself. */
function fromName(synonyms: readonly SynonymValue[], name: string | undefined): SynonymValue[] {
  const first = synonyms.findIndex((synonym) => synonym.name === name)
  return first === -1 ? [] : synonyms.slice(first)
}

function parted(
  synonyms: readonly SynonymValue[],
  own: ConfigSource,
): [own: SynonymValue[], others: SynonymValue[]] {
  return [
    synonyms.filter(({ source }) => source === own),
    synonyms.filter(({ source }) => source !== own),
  ]
}
