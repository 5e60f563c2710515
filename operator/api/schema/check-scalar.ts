import { nearest } from '../../../lib/nearest.ts'
import { oneOf, quoted } from '../../../lib/wording.ts'
import { parseDuration } from './duration.ts'
import { type AnyField, type FieldOptions, maxLengthAnyhow } from './fields.ts'
import type { Reason } from './problem.ts'
import { formatQuantity, parseQuantity } from './quantity.ts'
import { shown } from './values.ts'

/** What is wrong with one value: the message follows the name of its field. */
export type Wrong = { readonly reason: Reason; readonly message: string }

/** @param value Neither undefined nor null. */
export function checkScalar({ kind, options }: AnyField, value: unknown): Wrong | undefined {
  switch (kind) {
    case 'string':
      return checkString(options, value)
    case 'integer':
      return checkInteger(options, value)
    case 'integerOrWord':
      return typeof value === 'string'
        ? checkWord(options, value, 'a whole number or ')
        : checkInteger(options, value)
    case 'boolean':
      return checkBoolean(value)
    case 'quantity':
      return checkQuantity(options, value)
    case 'duration':
      return checkDuration(options, value)
    case 'anything':
    case 'map':
    case 'list':
    case 'object':
      return undefined
  }
}

function checkString(options: FieldOptions, value: unknown): Wrong | undefined {
  if (typeof value !== 'string') {
    const quotes = typeof value === 'object' ? '' : `: write "${shown(value)}", in quotes`
    return wrong('WrongType', `must be a text, found ${shown(value)}${quotes}`)
  }
  if (options.enum !== undefined) return checkWord(options, value)
  // As an API server counts: characters, not what JavaScript makes of them.
  const length = Array.from(value).length
  const { minLength = 0, maxLength = maxLengthAnyhow, pattern } = options
  if (length < minLength) {
    return minLength === 1
      ? wrong('TooShort', 'must not be empty')
      : wrong('TooShort', `must have at least ${minLength} characters, found ${length}`)
  }
  if (length > maxLength) {
    return wrong('TooLong', `must have at most ${maxLength} characters, found ${length}`)
  }
  if (pattern !== undefined && !pattern.match.test(value)) {
    return wrong('InvalidFormat', `must be ${pattern.says}, found ${quoted(value)}`)
  }
  return undefined
}

function checkWord(options: FieldOptions, value: string, or = ''): Wrong | undefined {
  const words = options.enum ?? []
  if (words.includes(value)) return undefined
  const meant = nearest(value, words)
  const hint = meant === undefined ? '' : `; did you mean ${meant}?`
  return wrong('NotSupported', `must be ${or}${oneOf(words)}, found ${quoted(value)}${hint}`)
}

function checkInteger(options: FieldOptions, value: unknown): Wrong | undefined {
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) {
    const number = typeof value === 'string' && /^-?\d+$/.test(value)
    const quotes = number ? `: write ${value}, without quotes` : ''
    return wrong('WrongType', `must be a whole number, found ${shown(value)}${quotes}`)
  }
  return outOfBounds(options, value, String(value), String)
}

function checkBoolean(value: unknown): Wrong | undefined {
  if (typeof value === 'boolean') return undefined
  return wrong('WrongType', `must be true or false, found ${shown(value)}`)
}

function checkQuantity(options: FieldOptions, value: unknown): Wrong | undefined {
  if (typeof value !== 'string' && !Number.isInteger(value)) {
    const quotes = typeof value === 'number' ? `: write "${value}", in quotes` : ''
    return wrong('WrongType', `must be an amount such as 10Gi, found ${shown(value)}${quotes}`)
  }
  const amount = parseQuantity(value as string | number)
  if (amount === undefined) {
    return wrong('InvalidFormat', `must be an amount such as 10Gi, found ${shown(value)}`)
  }
  return outOfBounds(options, amount, String(value), formatQuantity)
}

function checkDuration(options: FieldOptions, value: unknown): Wrong | undefined {
  if (typeof value !== 'string') {
    return wrong('WrongType', `must be a time such as 500ms or 10s, found ${shown(value)}`)
  }
  const ms = parseDuration(value)
  if (ms === undefined) {
    return wrong('InvalidFormat', `must be a time such as 500ms or 10s, found ${quoted(value)}`)
  }
  return outOfBounds(options, ms, value, (bound) => `${bound}ms`)
}

function outOfBounds(
  { min, max }: FieldOptions,
  value: number,
  found: string,
  write: (bound: number) => string,
): Wrong | undefined {
  if (min !== undefined && value < min) {
    return wrong('TooSmall', `must be at least ${write(min)}, found ${found}`)
  }
  if (max !== undefined && value > max) {
    return wrong('TooLarge', `must be at most ${write(max)}, found ${found}`)
  }
  return undefined
}

function wrong(reason: Reason, message: string): Wrong {
  return { reason, message }
}
