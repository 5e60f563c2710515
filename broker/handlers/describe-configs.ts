import { topicNamed } from '../metadata/image.ts'
import { brokerConfigType, brokerLayers, topicSettings } from '../partition/topic-settings.ts'
import type { RequestOf, ResponseInputOf } from '../protocol/apis.ts'
import { brokerConfig } from '../protocol/config/broker-config.ts'
import type { Setting } from '../protocol/config/setting.ts'
import { topicConfig } from '../protocol/config/topic-config.ts'
import {
  type ConfigSource,
  configSources,
  type SynonymValue,
} from '../protocol/config/topic-values.ts'
import { KafkaError } from '../protocol/errors.ts'
import { errorCodes } from '../protocol/generated/error-codes.ts'
import { errorOf } from './error-of.ts'
import type { HandlerServices } from './services.ts'

type Request = RequestOf<'DescribeConfigs'>
type Resource = Request['resources'][number]
type Result = ResponseInputOf<'DescribeConfigs'>['results'][number]
type Described = Result['configs'][number]

const topicType = 2

/** Tells the settings of topics and of this broker, and where each value comes from. */
export function handleDescribeConfigs(
  request: Request,
  services: HandlerServices,
): ResponseInputOf<'DescribeConfigs'> {
  const results = request.resources.map((resource): Result => {
    const { resourceType, resourceName } = resource
    try {
      const configs = describe(resource, request, services)
      return { errorCode: errorCodes.NONE, errorMessage: null, resourceType, resourceName, configs }
    } catch (error) {
      return { ...errorOf(error), resourceType, resourceName, configs: [] }
    }
  })
  return { throttleTimeMs: 0, results }
}

function describe(
  { resourceType, resourceName, configurationKeys }: Resource,
  request: Request,
  services: HandlerServices,
): Described[] {
  const isWanted = (name: string) => configurationKeys?.includes(name) ?? true
  if (resourceType === topicType) return ofTopic(resourceName, isWanted, request, services)
  if (resourceType === brokerConfigType) return ofBroker(resourceName, isWanted, request, services)
  const message = `settings of resource type ${resourceType} are not known`
  throw new KafkaError('INVALID_REQUEST', message)
}

function ofTopic(
  topic: string,
  isWanted: (name: string) => boolean,
  request: Request,
  { image, nodeId, config }: HandlerServices,
): Described[] {
  if (topicNamed(image(), topic) === undefined) {
    throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `there is no topic ${topic}`)
  }
  const given = new Map(Object.entries(config))
  const settings = topicSettings(image(), topic, { nodeId, given })
  return Object.entries(settings).flatMap(([name, { text, source, synonyms }]) => {
    if (!isWanted(name)) return []
    const about: Setting = topicConfig[name as keyof typeof topicConfig]
    return [described(name, about, { text, source, synonyms, readOnly: false }, request)]
  })
}

function ofBroker(
  name: string,
  isWanted: (name: string) => boolean,
  request: Request,
  services: HandlerServices,
): Described[] {
  const { nodeId, image } = services
  if (name !== '' && name !== String(nodeId)) {
    const message = `this is broker ${nodeId}: ask broker ${name} itself`
    throw new KafkaError('INVALID_REQUEST', message)
  }
  const given = new Map([...Object.entries(services.config), ...ownSettings(services)])
  const layers = brokerLayers(image(), { nodeId, given })
  // Without a name: what is set for all brokers, and nothing else.
  const shown = name === '' ? layers.filter(({ source }) => source === allBrokers) : layers
  return Object.entries<Setting>(brokerConfig).flatMap(([key, about]) => {
    if (!isWanted(key)) return []
    const synonyms = shown.flatMap(({ source, entries }): SynonymValue[] => {
      const text = entries.get(key)
      return text === undefined ? [] : [{ name: key, text, source }]
    })
    if (name === '' && synonyms.length === 0) return []
    const text = about.default
    if (name !== '' && typeof text === 'string') {
      synonyms.push({ name: key, text, source: 'DEFAULT_CONFIG' })
    }
    const [first] = synonyms
    const value = { text: first?.text ?? null, source: first?.source ?? 'DEFAULT_CONFIG' } as const
    return [described(key, about, { ...value, synonyms, readOnly: true }, request)]
  })
}

const allBrokers: ConfigSource = 'DYNAMIC_DEFAULT_BROKER_CONFIG'

/** What tools look for and nobody has given, since it is how this broker was started. */
function ownSettings({ nodeId, image }: HandlerServices): [string, string][] {
  const { rack = null, endpoints } = image().brokers.get(nodeId) ?? {}
  const client = endpoints?.get('client')
  const own: [string, string][] = [
    ['node.id', String(nodeId)],
    ['broker.id', String(nodeId)],
  ]
  if (rack !== null) own.push(['broker.rack', rack])
  if (client !== undefined) {
    own.push(['advertised.listeners', `PLAINTEXT://${client.host}:${client.port}`])
  }
  return own
}

function described(
  name: string,
  about: Setting,
  own: {
    text: string | null
    source: ConfigSource
    synonyms: readonly SynonymValue[]
    readOnly: boolean
  },
  { includeSynonyms, includeDocumentation }: Request,
): Described {
  const isSensitive = about.type === 'password'
  const shown = (text: string | null) => (isSensitive ? null : text)
  const synonyms = includeSynonyms ? own.synonyms : []
  return {
    name,
    value: shown(own.text),
    readOnly: own.readOnly,
    configSource: configSources[own.source],
    isSensitive,
    synonyms: synonyms.map(({ name: as, text, source }) => {
      return { name: as, value: shown(text), source: configSources[source] }
    }),
    configType: typeNumbers[about.type],
    documentation: includeDocumentation ? about.doc : null,
  }
}

/** Kafka's DescribeConfigsResponse.ConfigType. */
const typeNumbers = {
  boolean: 1,
  string: 2,
  int: 3,
  short: 4,
  long: 5,
  double: 6,
  list: 7,
  class: 8,
  password: 9,
} as const satisfies Record<Setting['type'], number>
