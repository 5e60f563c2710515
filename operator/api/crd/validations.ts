import { oneOf } from '../../../lib/wording.ts'
import { durationPattern } from '../schema/duration.ts'
import type { AnyField, FieldOptions } from '../schema/fields.ts'
import { formatQuantity } from '../schema/quantity.ts'
import type { CelRule } from '../schema/rules.ts'
import { celFormat, celList, celText, fieldPath } from './cel.ts'
import { settingValidations } from './setting-validations.ts'

/** One of `x-kubernetes-validations`. */
export type Validation = {
  /** CEL: true where all is well. */
  readonly rule: string
  /** As text, and as CEL that gives a text with what was found. */
  readonly message: string
  readonly messageExpression?: string
  readonly reason?: 'FieldValueForbidden'
  readonly fieldPath?: string
}

/** What has to be asked of a field in CEL, since a schema cannot say it. */
export function validationsOf(field: AnyField): Validation[] {
  return [...boundsOf(field), ...immutable(field), ...rulesOf(field)]
}

/** @param at Of an object that has this field: where it is told of. */
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

function boundsOf({ kind, options }: AnyField): Validation[] {
  switch (kind) {
    case 'quantity':
      return quantityBounds(options)
    case 'duration':
      return durationBounds(options)
    case 'integerOrWord':
      return integerOrWord(options)
    case 'map':
      return keysOf(options)
    default:
      return []
  }
}

function quantityBounds({ min }: FieldOptions): Validation[] {
  if (min === undefined) return []
  const least = formatQuantity(min)
  return [
    {
      rule: `!${isQuantity('self')} || quantity(string(self)).compareTo(quantity('${least}')) >= 0`,
      message: `must be at least ${least}`,
    },
  ]
}

function durationBounds({ min, max }: FieldOptions): Validation[] {
  const bound = (compare: '>=' | '<=', ms: number | undefined, words: string) =>
    ms === undefined || (compare === '>=' && ms === 0) // nobody can write less
      ? []
      : [
          {
            rule: `!${isDuration('self')} || duration(self) ${compare} duration('${ms}ms')`,
            message: `must be ${words} ${ms}ms`,
          },
        ]
  return [...bound('>=', min, 'at least'), ...bound('<=', max, 'at most')]
}

function integerOrWord({ enum: words = [], min, max }: FieldOptions): Validation[] {
  return [
    {
      rule: `type(self) == int || self in ${celList(words)}`,
      message: `must be a whole number or ${oneOf(words)}`,
    },
    ...(min === undefined
      ? []
      : [{ rule: `type(self) != int || self >= ${min}`, message: `must be at least ${min}` }]),
    ...(max === undefined
      ? []
      : [{ rule: `type(self) != int || self <= ${max}`, message: `must be at most ${max}` }]),
  ]
}

function keysOf({ keys }: FieldOptions): Validation[] {
  if (keys === undefined) return []
  const source = keys.match.source.replaceAll('\\/', '/')
  return [
    {
      rule: `self.all(key, key.matches(${celText(source)}))`,
      message: `must be named with ${keys.says}`,
    },
  ]
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
    return validationOf({ ...rule, cel: [rule.cel, ...forgiven].join(' || ') })
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

const isDuration = (value: string) => `${value}.matches(${celText(durationPattern.source)})`
const isQuantity = (value: string) => `isQuantity(string(${value}))`

function unchanged(before: string): Omit<Validation, 'rule'> {
  return {
    message: 'may not be changed: change it back',
    messageExpression: celFormat('may not be changed, was %s: change it back', [before]),
    reason: 'FieldValueForbidden',
  }
}
