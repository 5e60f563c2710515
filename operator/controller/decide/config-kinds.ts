import type { MetadataImage } from '../../../broker/metadata/image.ts'
import { brokerConfig } from '../../../broker/protocol/config/broker-config.ts'
import { checkClientMetrics } from '../../../broker/protocol/config/check-client-metrics.ts'
import { checkGroupSettings } from '../../../broker/protocol/config/check-group-settings.ts'
import {
  checkBrokerSettings,
  checkTopicSettingsToHold,
  type SettingProblem,
} from '../../../broker/protocol/config/check-settings.ts'
import { isDynamicBrokerSetting } from '../../../broker/protocol/config/dynamic-settings.ts'
import { configTypes } from '../../../broker/protocol/config/resource-types.ts'
import type { Settings } from '../../../broker/protocol/config/setting.ts'
import { topicConfig } from '../../../broker/protocol/config/topic-config.ts'
import type { Entries } from '../../../broker/protocol/config/topic-values.ts'
import { KafkaError } from '../../../broker/protocol/errors.ts'
import { type AskedBy, checkName, checkOwner, topicCalled } from './topic-names.ts'

/** What is to be known of a kind of resource before one of it is given settings. */
export type ConfigKind = {
  /** Settings to which words can be added. */
  readonly lists: Settings
  /** @param broker Settings of all brokers. */
  check(entries: Entries, broker: Entries): SettingProblem[]
  codeOf(problem: SettingProblem): KafkaError['code']
  /** Whether a setting cannot be changed while it is in use. */
  isFixed(name: string): boolean
  /** @throws {KafkaError} If there is no such resource, or it is not to be changed. */
  checkName(name: string, image: MetadataImage, by: AskedBy): void
}

/** @throws {KafkaError} INVALID_REQUEST. Source: ConfigurationControlManager. */
export function kindOf(resourceType: number): ConfigKind {
  const kind = kinds[resourceType]
  if (kind !== undefined) return kind
  throw new KafkaError('INVALID_REQUEST', `Unknown resource type ${resourceType}`)
}

const kinds: { readonly [resourceType: number]: ConfigKind } = {
  [configTypes.topic]: {
    lists: topicConfig,
    check: checkTopicSettingsToHold,
    codeOf: () => 'INVALID_CONFIG',
    isFixed: () => false,
    checkName(name, image, by) {
      checkNotEmpty(name, 'Default topic resources are not allowed.')
      checkName(name)
      checkOwner(topicCalled(image, name), by)
    },
  },
  [configTypes.broker]: {
    lists: brokerConfig,
    check: checkBrokerSettings,
    // Kafka takes a name that it does not know for one of a plug-in; here it can only be a mistake.
    codeOf: ({ reason }) => (reason === 'UnknownSetting' ? 'INVALID_CONFIG' : 'INVALID_REQUEST'),
    isFixed: (name) => !isDynamicBrokerSetting(name),
    checkName: checkBroker,
  },
  [configTypes.clientMetrics]: {
    lists: {}, // as in Kafka, which adds no words to these
    check: checkClientMetrics,
    codeOf: ({ reason }) => (reason === 'InvalidSetting' ? 'INVALID_CONFIG' : 'INVALID_REQUEST'),
    isFixed: () => false,
    checkName: (name) => checkNotEmpty(name, "Subscription name can't be empty"),
  },
  [configTypes.group]: {
    lists: {},
    check: checkGroupSettings,
    codeOf: () => 'INVALID_CONFIG',
    isFixed: () => false,
    checkName: (name) => checkNotEmpty(name, 'Default group resources are not allowed.'),
  },
}

function checkNotEmpty(name: string, message: string): void {
  if (name === '') throw new KafkaError('INVALID_REQUEST', message)
}

/** An empty name is all brokers. */
function checkBroker(name: string, image: MetadataImage): void {
  if (name === '') return
  if (!/^\d{1,10}$/.test(name)) {
    throw new KafkaError('INVALID_REQUEST', `Node id must be an integer, but it is: ${name}`)
  }
  if (!image.brokers.has(Number(name))) {
    throw new KafkaError('BROKER_ID_NOT_REGISTERED', `No broker with id ${name} found.`)
  }
}
