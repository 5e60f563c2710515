import { brokerConfigDefaults } from '../generated/config-defaults.ts'
import { kavkaSettings } from './kavka-settings.ts'

/** What Kafka says of each setting of a broker, and the settings of kavka's own. */
export const brokerNames = { ...brokerConfigDefaults, ...kavkaSettings }
export type BrokerConfigName = keyof typeof brokerNames
/** Those that are never without a value. */
export type BrokerNameWithDefault = {
  [Name in BrokerConfigName]: (typeof brokerNames)[Name] extends { readonly default: string }
    ? Name
    : never
}[BrokerConfigName]
