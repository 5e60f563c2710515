import { brokerConfig } from '../../../broker/protocol/config/broker-config.ts'
import type { Setting, Settings } from '../../../broker/protocol/config/setting.ts'
import { topicConfig } from '../../../broker/protocol/config/topic-config.ts'
import { celFormat, celList, celText } from './cel.ts'
import { askedOf } from './setting-value.ts'
import type { Validation } from './validations.ts'

/** Of a map of settings: which there are, which of them are kavka's own, and what the others may be. */
export function settingValidations(whose: 'topic' | 'broker'): Validation[] {
  const settings: Settings = whose === 'topic' ? topicConfig : brokerConfig
  const entries = Object.entries(settings)
  const owned = entries.filter(([, { support }]) => support === 'owned').map(([name]) => name)
  return [
    noneOf(
      `!(name in ${celList(Object.keys(settings))})`,
      `must be settings of a ${whose} by Kafka's names`,
      `there is no setting of a ${whose} that is called `,
    ),
    ...(owned.length === 0
      ? []
      : [
          noneOf(
            `name in ${celList(owned)}`,
            'must leave out what kavka sets by itself',
            'kavka sets this by itself, leave it out: ',
          ),
        ]),
    ...entries.flatMap(([name, setting]) => valueOf(name, setting)),
  ]
}

/** @param bad CEL on `name`. @param found What the names of which it is true are told after. */
function noneOf(bad: string, message: string, found: string): Validation {
  const names = `self.filter(name, ${bad})`
  return {
    rule: `${names}.size() == 0`,
    message,
    messageExpression: celFormat(`${found}%s`, [names]),
  }
}

/** Those without any effect are looked at by the reconciler alone: there are many of them. */
function valueOf(name: string, setting: Setting): Validation[] {
  if (setting.support === 'owned' || setting.support === 'accepted') return []
  const key = celText(name)
  const asked = askedOf(setting, `self[${key}].trim()`)
  if (asked === undefined) return []
  const { rule, message } = asked
  return [{ rule: `!(${key} in self) || ${rule}`, message, fieldPath: `[${key}]` }]
}
