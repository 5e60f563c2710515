import { brokerConfig } from '../../../broker/protocol/config/broker-config.ts'
import type { Setting, Settings } from '../../../broker/protocol/config/setting.ts'
import { topicConfig } from '../../../broker/protocol/config/topic-config.ts'
import { celFormat, celList, celText, fieldPath } from './cel.ts'
import { askedOf } from './setting-value.ts'
import type { Validation } from './validation.ts'

/**
 * Of a map of settings: which there are, which of them are kavka's own, and what the others may be.
 *
 * @param field The name of the map, in the object of which this is asked: only so is a setting told
 *   of as `spec.config[retention.ms]`.
 */
export function settingValidations(whose: 'topic' | 'broker', field: string): Validation[] {
  const settings: Settings = whose === 'topic' ? topicConfig : brokerConfig
  const entries = Object.entries(settings)
  const owned = entries.filter(([, { support }]) => support === 'owned').map(([name]) => name)
  return [
    noneOf(field, `!(name in ${celList(Object.keys(settings))})`, {
      message: `must be settings of a ${whose} by Kafka's names`,
      found: `there is no setting of a ${whose} that is called`,
    }),
    ...(owned.length === 0
      ? []
      : [
          noneOf(field, `name in ${celList(owned)}`, {
            message: 'must leave out what kavka sets by itself',
            found: 'kavka sets by itself, leave out',
          }),
        ]),
    ...entries.flatMap(([name, setting]) => valueOf(field, name, setting)),
  ]
}

/** @param bad CEL on `name`. */
function noneOf(
  field: string,
  bad: string,
  { message, found }: { readonly message: string; readonly found: string },
): Validation {
  const names = `self.${field}.filter(name, ${bad})`
  return {
    rule: `${names}.size() == 0`,
    message,
    messageExpression: celFormat(`${found} %s`, [names]),
    fieldPath: fieldPath([field]),
  }
}

/** Those without any effect are looked at by the reconciler alone: there are many of them. */
function valueOf(field: string, name: string, setting: Setting): Validation[] {
  if (setting.support === 'owned' || setting.support === 'accepted') return []
  const key = celText(name)
  const asked = askedOf(setting, `self.${field}[${key}].trim()`)
  if (asked === undefined) return []
  const { rule, message } = asked
  const isOut = `!(${key} in self.${field})`
  return [{ rule: `${isOut} || ${rule}`, message, fieldPath: fieldPath([field, name]) }]
}
