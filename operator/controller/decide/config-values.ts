import { configOf, type MetadataImage } from '../../../broker/metadata/image.ts'
import {
  checkTopicSettingsToHold,
  type SettingProblem,
} from '../../../broker/protocol/config/check-settings.ts'
import { configTypes } from '../../../broker/protocol/config/resource-types.ts'
import {
  type BrokerLayer,
  configSources,
  type Entries,
  parseTopicConfig,
} from '../../../broker/protocol/config/topic-values.ts'
import { KafkaError } from '../../../broker/protocol/errors.ts'

/** The settings that a new topic is given. @throws {KafkaError} INVALID_CONFIG. */
export function givenConfig(
  configs: readonly { readonly name: string; readonly value: string | null }[],
): Map<string, string> {
  const entries = new Map<string, string>()
  for (const { name, value } of configs) {
    if (value === null) {
      throw new KafkaError('INVALID_CONFIG', `Null value not supported for topic configs: ${name}`)
    }
    entries.set(name, value) // of one that is given twice the last counts, as in Kafka
  }
  refuse(checkTopicSettingsToHold(entries))
  return entries
}

/** @throws {KafkaError} With all that is wrong; INVALID_CONFIG unless it is said otherwise. */
export function refuse(
  problems: readonly SettingProblem[],
  codeOf: (problem: SettingProblem) => KafkaError['code'] = () => 'INVALID_CONFIG',
): void {
  const [first] = problems
  if (first === undefined) return
  const all = problems.map(({ name, message }) => `${name} ${message}`)
  throw new KafkaError(codeOf(first), all.join('; '))
}

/** All settings of a topic as they hold, as CreateTopics answers them. */
export function describedConfig(topic: Entries, image: MetadataImage, brokerConfig: Entries) {
  const effective = parseTopicConfig(topic, brokerLayers(image, brokerConfig))
  return Object.entries(effective).map(([name, { text, source }]) => {
    return {
      name,
      value: text,
      readOnly: false,
      configSource: configSources[source],
      isSensitive: false,
    }
  })
}

/** What holds for topics that do not say it themselves. */
export function brokerLayers(image: MetadataImage, brokerConfig: Entries): BrokerLayer[] {
  const ofAll = configOf(image, { type: configTypes.broker, name: '' })
  return [
    { source: 'DYNAMIC_DEFAULT_BROKER_CONFIG', entries: ofAll },
    { source: 'STATIC_BROKER_CONFIG', entries: brokerConfig },
  ]
}
