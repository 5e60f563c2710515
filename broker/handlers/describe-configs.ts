import type { RequestOf, ResponseInputOf } from '../protocol/apis.ts'
import { configTypes } from '../protocol/config/resource-types.ts'
import type { Setting } from '../protocol/config/setting.ts'
import { configSources } from '../protocol/config/topic-values.ts'
import { errorOf } from '../protocol/error-of.ts'
import { errorCodes } from '../protocol/generated/error-codes.ts'
import { describeLoggers } from './broker-loggers.ts'
import { type Described, describedSettings } from './described-settings.ts'
import type { Context, Services } from './services.ts'

type Request = RequestOf<'DescribeConfigs'>
type Resource = Request['resources'][number]
type Result = ResponseInputOf<'DescribeConfigs'>['results'][number]
type Config = Result['configs'][number]

/**
 * Settings of topics, of this broker and its log, of groups and client metrics, with where they come
 * from. Where no names are given, or none, all are told.
 */
export async function handleDescribeConfigs(
  request: Request,
  { services }: Context,
): Promise<ResponseInputOf<'DescribeConfigs'>> {
  const results: Result[] = []
  for (const resource of request.resources) {
    results.push(resultOf(resource, request, services))
    if (results.length % resourcesATurn === 0) await services.clock.turn()
  }
  return { throttleTimeMs: 0, results }
}

/** Each takes a tenth of a millisecond (measured), and tools ask for all topics at once. */
const resourcesATurn = 50

function resultOf(resource: Resource, request: Request, services: Services): Result {
  const { resourceType, resourceName, configurationKeys } = resource
  const own = { resourceType, resourceName }
  const keys = configurationKeys ?? []
  try {
    const configs = configsOf(resource, request, services).filter(
      ({ name }) => keys.length === 0 || keys.includes(name),
    )
    return { ...own, errorCode: errorCodes.NONE, errorMessage: null, configs }
  } catch (error) {
    return { ...own, ...errorOf(error), configs: [] }
  }
}

function configsOf(
  { resourceType: type, resourceName: name }: Resource,
  request: Request,
  services: Services,
): Config[] {
  if (type === configTypes.brokerLogger) return describeLoggers(name, services)
  return describedSettings({ type, name }, services).map((own) => configOf(own, request))
}

function configOf(
  { name, text, setting, readOnly, synonyms }: Described,
  { includeSynonyms, includeDocumentation }: Request,
): Config {
  const isSensitive = setting.type === 'password'
  const shown = (value: string | null) => (isSensitive ? null : value)
  return {
    name,
    value: shown(text),
    readOnly,
    configSource: configSources[synonyms[0]?.source ?? 'DEFAULT_CONFIG'],
    isSensitive,
    synonyms: includeSynonyms
      ? synonyms.map(({ name, text, source }) => {
          return { name, value: shown(text), source: configSources[source] }
        })
      : [],
    configType: types[setting.type],
    documentation: includeDocumentation ? setting.doc : null,
  }
}

/** Kafka's numbers, from DescribeConfigsResponse. */
const types: Record<Setting['type'], number> = {
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
