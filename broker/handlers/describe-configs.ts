import { topicConfigType, topicNamed } from '../metadata/image.ts'
import {
  brokerConfigType,
  brokerLayers,
  effectiveTopicConfig,
} from '../partition/topic-log-config.ts'
import type { RequestOf, ResponseInputOf } from '../protocol/apis.ts'
import { brokerConfig } from '../protocol/config/broker-config.ts'
import type { Setting } from '../protocol/config/setting.ts'
import { topicConfig } from '../protocol/config/topic-config.ts'
import { isDynamicBrokerSetting } from '../protocol/config/topic-synonyms.ts'
import { type ConfigSource, configSources } from '../protocol/config/topic-values.ts'
import { KafkaError } from '../protocol/errors.ts'
import { errorCodes } from '../protocol/generated/error-codes.ts'
import { errorOf } from './error-of.ts'
import type { Context, Services } from './services.ts'

type Request = RequestOf<'DescribeConfigs'>
type Resource = Request['resources'][number]
type Config = ResponseInputOf<'DescribeConfigs'>['results'][number]['configs'][number]
type Value = { readonly name: string; readonly text: string | null; readonly source: ConfigSource }
/** A setting as it holds, and all that would hold if those before it were not there. */
type Described = Value & { readonly setting: Setting; readonly synonyms: readonly Value[] }

/** Settings of topics and of this broker, with where they come from. */
export function handleDescribeConfigs(
  request: Request,
  { services }: Context,
): ResponseInputOf<'DescribeConfigs'> {
  return {
    throttleTimeMs: 0,
    results: request.resources.map((resource) => {
      const { resourceType, resourceName, configurationKeys } = resource
      const own = { resourceType, resourceName }
      try {
        const isReadOnly = (name: string) => {
          return resourceType === brokerConfigType && !isDynamicBrokerSetting(name)
        }
        const configs = describe(resource, services)
          .filter(({ name }) => configurationKeys?.includes(name) ?? true)
          .map((described) => configOf(described, request, isReadOnly(described.name)))
        return { ...own, errorCode: errorCodes.NONE, errorMessage: null, configs }
      } catch (error) {
        return { ...own, ...errorOf(error), configs: [] }
      }
    }),
  }
}

function describe({ resourceType, resourceName }: Resource, services: Services): Described[] {
  if (resourceType === topicConfigType) return describeTopic(resourceName, services)
  if (resourceType === brokerConfigType) return describeBroker(resourceName, services)
  throw new KafkaError('INVALID_REQUEST', `nothing is known of resources of type ${resourceType}`)
}

function describeTopic(topic: string, services: Services): Described[] {
  const image = services.image()
  if (topicNamed(image, topic) === undefined) {
    throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `there is no topic ${topic}`)
  }
  return Object.entries(effectiveTopicConfig(image, topic, services)).map(([name, effective]) => ({
    name,
    text: effective.text,
    source: effective.source,
    setting: topicConfig[name as keyof typeof topicConfig],
    synonyms: effective.synonyms,
  }))
}

/** @param name Its id; empty for what was set for all brokers. */
function describeBroker(name: string, services: Services): Described[] {
  if (name !== '' && name !== String(services.nodeId)) {
    const wanted = `broker ${services.nodeId} was asked for settings of broker ${name}`
    throw new KafkaError('INVALID_REQUEST', wanted)
  }
  const layers = brokerLayers(services.image(), services).filter(({ source }) => {
    return name !== '' || source === 'DYNAMIC_DEFAULT_BROKER_CONFIG'
  })
  return Object.entries(brokerConfig).flatMap(([name, setting]: [string, Setting]) => {
    const set = layers.flatMap(({ source, entries }): Value[] => {
      const text = entries.get(name)
      return text === undefined ? [] : [{ name, text, source }]
    })
    const byDefault: Value = { name, text: setting.default ?? null, source: 'DEFAULT_CONFIG' }
    const synonyms = layers.length === 1 ? set : [...set, byDefault]
    const [first] = synonyms
    return first === undefined ? [] : [{ ...first, setting, synonyms }]
  })
}

function configOf(
  { name, text, source, setting, synonyms }: Described,
  { includeSynonyms, includeDocumentation }: Request,
  readOnly: boolean,
): Config {
  const isSensitive = setting.type === 'password'
  const shown = (value: string | null) => (isSensitive ? null : value)
  return {
    name,
    value: shown(text),
    readOnly,
    configSource: configSources[source],
    isSensitive,
    synonyms: includeSynonyms
      ? synonyms.map(({ name, text, source }) => {
          return { name, value: shown(text), source: configSources[source] }
        })
      : [],
    configType: configTypes[setting.type],
    documentation: includeDocumentation ? setting.doc : null,
  }
}

/** Kafka's numbers, from DescribeConfigsResponse. */
const configTypes: Record<Setting['type'], number> = {
  boolean: 1,
  string: 2,
  int: 3,
  short: 4,
  long: 5,
  double: 6,
  list: 7,
  class: 8,
  password: 9,
}
