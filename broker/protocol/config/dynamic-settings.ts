import { dynamicBrokerConfigs } from '../generated/config-defaults.ts'
import { brokerConfig } from './broker-config.ts'
import { type BrokerConfigName, brokerNames } from './broker-names.ts'
import { kavkaSettings } from './kavka-settings.ts'
import type { Setting } from './setting.ts'
import { topicSynonyms } from './topic-synonyms.ts'

/**
 * Whether a setting of brokers may be changed while they run: one that holds for topics, how many
 * connections they take, and what Kafka takes then and that has no effect here. (Others a broker has from its start; a KafkaCluster's
 * brokers are started anew for them.)
 */
export function isDynamicBrokerSetting(name: string): boolean {
  return dynamic.has(name)
}

const atOnce: ReadonlySet<string> = new Set([
  ...Object.values(topicSynonyms).flatMap((synonyms) => synonyms.map(({ name }) => name)),
  'max.connections',
  'max.connections.per.ip',
])

const dynamic: ReadonlySet<string> = new Set(
  (Object.keys(brokerNames) as BrokerConfigName[]).filter((name) => {
    if (name in kavkaSettings) return true
    const { support }: Setting = brokerConfig[name]
    return dynamicBrokerConfigs.has(name) && (support === 'accepted' || atOnce.has(name))
  }),
)
