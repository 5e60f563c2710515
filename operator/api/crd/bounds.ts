import { oneOf } from '../../../lib/wording.ts'
import type { AnyField, FieldOptions } from '../schema/fields.ts'
import { formatQuantity } from '../schema/quantity.ts'
import { celList, celText, isDuration, isQuantity, re2Of } from './cel.ts'
import type { Validation } from './validation.ts'

/** What bounds say of values of which a schema cannot say it: amounts, times, keys of maps. */
export function boundsOf({ kind, options }: AnyField): Validation[] {
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
  return [
    {
      rule: `self.all(key, key.matches(${celText(re2Of(keys))}))`,
      message: `must be named with ${keys.says}`,
    },
  ]
}
