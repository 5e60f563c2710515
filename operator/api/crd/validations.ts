import type { AnyField } from '../schema/fields.ts'
import type { CelRule } from '../schema/rules.ts'
import { boundsOf } from './bounds.ts'
import { celFormat, fieldPath, isDuration, isQuantity } from './cel.ts'
import { settingValidations } from './setting-validations.ts'
import type { Validation } from './validation.ts'

/** What has to be asked of a field in CEL, since a schema cannot say it. */
export function validationsOf(field: AnyField): Validation[] {
  return [...boundsOf(field), ...immutable(field), ...rulesOf(field)]
}

/** A rule of a table as an API server takes it. */
export function validationOf(rule: CelRule): Validation {
  const { cel, says, at, reason, foundCel } = rule
  return {
    rule: cel,
    message: says,
    ...(foundCel === undefined ? {} : { messageExpression: found(says, foundCel) }),
    ...(reason.endsWith('Forbidden') ? { reason: 'FieldValueForbidden' } : {}),
    ...(at === undefined ? {} : { fieldPath: fieldPath(at) }),
  }
}

function found(says: string, [text, ...values]: readonly [string, ...string[]]): string {
  return celFormat(`${says}, found ${text}`, values)
}

/** Of one that is always there. The object of one that may not be there has to look after it. */
function immutable({ options }: AnyField): Validation[] {
  if (options.immutable !== true || options.optional === true) return []
  return [{ rule: 'self == oldSelf', ...unchanged('oldSelf') }]
}

function rulesOf(field: AnyField): Validation[] {
  const { fields = {}, rules } = field
  const comesAndGoes = Object.entries(fields)
    .filter(([, { options }]) => options.immutable === true && options.optional === true)
    .map(([name]): Validation => {
      const [now, before] = [`self.${name}`, `oldSelf.${name}`]
      return {
        rule: `has(${now}) ? has(${before}) && ${now} == ${before} : !has(${before})`,
        ...unchanged(`(has(${before}) ? ${before} : 'nothing')`),
        fieldPath: fieldPath([name]),
      }
    })
  const told = [...(rules?.always ?? []), ...(rules?.onChange ?? [])].map((rule) => {
    const forgiven = unreadable(field, rule.cel)
    const cel = forgiven.length === 0 ? rule.cel : [`(${rule.cel})`, ...forgiven].join(' || ')
    return validationOf({ ...rule, cel })
  })
  const settings = Object.entries(fields).flatMap(([name, { options }]) =>
    options.settings === undefined ? [] : settingValidations(options.settings, name),
  )
  return [...comesAndGoes, ...told, ...settings]
}

/**
 * When an amount that a rule reads is none. The field itself says so, and the rule need not: in CEL
 * an error before `||` does not count if what follows is true.
 */
function unreadable({ fields = {} }: AnyField, cel: string, self = 'self'): string[] {
  return Object.entries(fields).flatMap(([name, field]) => {
    const value = `${self}.${name}`
    if (!cel.includes(value)) return []
    const there = field.options.optional === true ? `has(${value}) && ` : ''
    switch (field.kind) {
      case 'duration':
        return [`${there}!${isDuration(value)}`]
      case 'quantity':
        return [`${there}!${isQuantity(value)}`]
      default:
        return unreadable(field, cel, value).map((below) => there + below)
    }
  })
}

function unchanged(before: string): Omit<Validation, 'rule'> {
  return {
    message: 'may not be changed: change it back',
    messageExpression: celFormat('may not be changed, was %s: change it back', [before]),
    reason: 'FieldValueForbidden',
  }
}
