import type { KafkaSetting } from '../../../broker/protocol/config/setting.ts'
import { oneOf } from '../../../lib/wording.ts'
import { celList, celText } from './cel.ts'

/** What a value has to be, in CEL and in words. */
export type Asked = { readonly rule: string; readonly message: string }

/**
 * What an API server can ask of the value of a setting: what `parseSetting` asks, but for words that
 * stand twice in a list.
 *
 * @param value CEL that gives the text, without spaces around it.
 * @returns Undefined where any text will do.
 */
export function askedOf(setting: KafkaSetting, value: string): Asked | undefined {
  const { type, values } = setting
  switch (type) {
    case 'short':
    case 'int':
    case 'long':
      return number(setting, value, wholeNumber)
    case 'double':
      return number(setting, value, anyNumber)
    case 'boolean':
      return {
        rule: `${value}.lowerAscii() in ['true', 'false']`,
        message: 'must be true or false',
      }
    case 'list':
      return values === undefined ? undefined : list(values, value)
    case 'string':
    case 'class':
    case 'password':
      return values === undefined ? undefined : word(setting, values, value)
  }
}

type NumberForm = { readonly words: string; readonly pattern: string; readonly read: string }

const wholeNumber: NumberForm = {
  words: 'a whole number',
  pattern: '^[+-]?[0-9]{1,19}$',
  read: 'int',
}
const anyNumber: NumberForm = {
  words: 'a number',
  pattern: '^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?$',
  read: 'double',
}

/** What fits into a long is what CEL's int takes. */
const greatest: Partial<Record<KafkaSetting['type'], number>> = { short: 2 ** 15, int: 2 ** 31 }

function number(setting: KafkaSetting, value: string, { words, pattern, read }: NumberForm): Asked {
  const limit = greatest[setting.type]
  const { min = limit && -limit, max = limit && limit - 1, also } = setting
  const inBounds = [
    ...(min === undefined ? [] : [`${read}(${value}) >= ${read}(${min})`]),
    ...(max === undefined ? [] : [`${read}(${value}) <= ${read}(${max})`]),
  ]
  const isAlso = also === undefined ? '' : ` || ${read}(${value}) == ${read}(${also})`
  const bounds = inBounds.length === 0 ? '' : ` && (${inBounds.join(' && ')}${isAlso})`
  return {
    rule: `${value}.matches('${pattern}')${bounds}`,
    message: `must be ${words}${range(min, max)}${also === undefined ? '' : `, or ${also}`}`,
  }
}

function range(min: number | undefined, max: number | undefined): string {
  if (min === undefined) return max === undefined ? '' : ` of at most ${max}`
  return max === undefined ? ` of at least ${min}` : ` from ${min} to ${max}`
}

function list(values: readonly string[], value: string): Asked {
  const one = `(${values.join('|')})`
  return {
    rule: `${value}.matches(${celText(`^(${one}( *, *${one})*)?$`)})`,
    message: `must be words of ${values.join(', ')}, with commas between them`,
  }
}

function word({ ignoreCase }: KafkaSetting, values: readonly string[], value: string): Asked {
  const rule =
    ignoreCase === true
      ? `${value}.lowerAscii() in ${celList(values.map((each) => each.toLowerCase()))}`
      : `${value} in ${celList(values)}`
  return { rule, message: `must be ${oneOf(values)}` }
}
