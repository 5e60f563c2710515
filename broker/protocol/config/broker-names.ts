import { brokerConfigDefaults } from '../generated/config-defaults.ts'
import { kavkaSettings } from './kavka-settings.ts'

/** The one class of Kafka's that there is for `replica.selector.class`. Without it all read from leaders. */
export const rackAwareSelector = 'org.apache.kafka.common.replica.RackAwareReplicaSelector'

/** What Kafka says of each setting of a broker, and the settings of kavka's own. */
export const brokerNames = {
  ...brokerConfigDefaults,
  ...kavkaSettings,
  // There are no classes to load: of another one Kafka's users would believe that it is there.
  'replica.selector.class': {
    ...brokerConfigDefaults['replica.selector.class'],
    values: [rackAwareSelector],
  },
} as const
export type BrokerConfigName = keyof typeof brokerNames
/** Those that are never without a value. */
export type BrokerNameWithDefault = {
  [Name in BrokerConfigName]: (typeof brokerNames)[Name] extends { readonly default: string }
    ? Name
    : never
}[BrokerConfigName]
