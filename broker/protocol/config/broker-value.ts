import { invariant } from '../../../lib/invariant.ts'
import { brokerConfig } from './broker-config.ts'
import type { BrokerNameWithDefault } from './broker-names.ts'
import { parseSetting } from './parse-setting.ts'
import type { ValueOf } from './setting.ts'
import type { Entries } from './topic-values.ts'

/**
 * A setting of a broker as it holds: as it is given, or else Kafka's default. What cannot be read
 * was refused where it came in; if it is there all the same, it has its default, too.
 */
export function brokerValue<const Name extends BrokerNameWithDefault>(
  name: Name,
  entries: Entries,
): ValueOf<(typeof brokerConfig)[Name]> {
  const setting = brokerConfig[name]
  const own = parseSetting(setting, entries.get(name) ?? setting.default)
  if ('value' in own) return own.value
  const byDefault = parseSetting(setting, setting.default)
  invariant('value' in byDefault, `the default of ${name} can be read`)
  return byDefault.value
}
