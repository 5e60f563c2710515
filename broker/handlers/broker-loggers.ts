import { type LogLevel, logLevels } from '../../lib/logger.ts'
import type { RequestOf, ResponseInputOf } from '../protocol/apis.ts'
import { configSources } from '../protocol/config/topic-values.ts'
import { KafkaError } from '../protocol/errors.ts'
import { checkBrokerId } from './described-settings.ts'
import type { Services } from './services.ts'

type Config = ResponseInputOf<'DescribeConfigs'>['results'][number]['configs'][number]
type Resource = RequestOf<'IncrementalAlterConfigs'>['resources'][number]
type Own = Pick<Services, 'log' | 'nodeId'>

/** All that a broker logs goes through one logger, which Kafka's tools call so. */
const root = 'root'

/** How much this broker logs (KIP-412). @throws {KafkaError} INVALID_REQUEST: it is another one. */
export function describeLoggers(brokerId: string, { log, nodeId }: Own): Config[] {
  if (brokerId === '') throw new KafkaError('INVALID_REQUEST', 'Broker id must not be empty')
  checkBrokerId(brokerId, nodeId)
  return [
    {
      name: root,
      value: log.level.toUpperCase(),
      readOnly: false,
      configSource: configSources.DYNAMIC_BROKER_LOGGER_CONFIG,
      isSensitive: false,
      synonyms: [],
    },
  ]
}

/**
 * Has this broker log more or less from now on, until it is started anew. Nothing is changed unless
 * all that is asked for can be.
 *
 * @throws {KafkaError} INVALID_REQUEST, INVALID_CONFIG. Source: LoggingController.
 */
export function alterLoggers(
  { resourceName, configs }: Resource,
  { log, nodeId }: Own,
  { validateOnly }: { validateOnly: boolean },
): void {
  checkBrokerId(resourceName, nodeId)
  if (new Set(configs.map(({ name }) => name)).size < configs.length) {
    throw new KafkaError('INVALID_REQUEST', 'Error due to duplicate config keys')
  }
  const [level] = configs.map(levelOf)
  if (level === undefined || validateOnly) return
  log.info('logs more or less from now on', { level })
  log.level = level
}

function levelOf({ name, configOperation, value }: Resource['configs'][number]): LogLevel {
  const operation = operations[configOperation]
  if (operation !== 'SET' && operation !== 'DELETE') {
    const what = operation ?? `${configOperation}`
    const message = `${what} operation is not allowed for the BROKER_LOGGER resource`
    throw new KafkaError('INVALID_REQUEST', message)
  }
  if (operation === 'SET' && value === null) {
    throw new KafkaError('INVALID_REQUEST', `Null value not supported for : ${name}`)
  }
  if (name !== root) throw new KafkaError('INVALID_CONFIG', `Logger ${name} does not exist!`)
  if (operation === 'DELETE') {
    const message = 'Removing the log level of the root logger is not allowed'
    throw new KafkaError('INVALID_REQUEST', message)
  }
  const level = logLevels.find((one) => one.toUpperCase() === value)
  if (level !== undefined) return level
  const known = logLevels.map((one) => one.toUpperCase()).sort()
  const what = `Cannot set the log level of ${name} to ${value}`
  throw new KafkaError('INVALID_CONFIG', `${what}: there are ${known.join(', ')}`)
}

/** By their numbers. */
const operations = ['SET', 'DELETE', 'APPEND', 'SUBTRACT']
