import { nearest } from '../../../lib/nearest.ts'
import { oneOf, quoted } from '../../../lib/wording.ts'
import { textBytes } from '../codec/text.ts'
import type { KafkaSetting, SettingType, ValueOf } from './setting.ts'

/** A value, or what is wrong with the text: "must be at least 1, found 0". */
export type Parsed<T> = { readonly value: T } | { readonly problem: string }

/** No record can hold more, the spaces around it included. */
const maxSettingBytes = 32_767

const integers: Partial<Record<SettingType, readonly [bigint, bigint]>> = {
  short: [-(2n ** 15n), 2n ** 15n - 1n],
  int: [-(2n ** 31n), 2n ** 31n - 1n],
  long: [-(2n ** 63n), 2n ** 63n - 1n],
}

/**
 * Reads the text of a setting as Kafka does: spaces around it do not count, words of a list are
 * parted by commas, `true` and `false` may be in capitals.
 *
 * A long beyond 2^53 - 1 becomes that number. Kafka's own such defaults mean "never" or "no limit",
 * and 285,000 years are never enough.
 */
export function parseSetting<const S extends KafkaSetting>(
  setting: S,
  text: string,
): Parsed<ValueOf<S>> {
  const bytes = textBytes(text)
  if (bytes > maxSettingBytes) {
    return { problem: `must have at most ${maxSettingBytes} bytes, found ${bytes}` }
  }
  return parse(setting, text.trim()) as Parsed<ValueOf<S>>
}

function parse(setting: KafkaSetting, text: string): Parsed<unknown> {
  const bounds = integers[setting.type]
  if (bounds !== undefined) return parseInteger(setting, text, bounds)
  if (setting.type === 'double') return parseDouble(setting, text)
  if (setting.type === 'boolean') return parseBoolean(text)
  if (setting.type === 'list') return parseList(setting, text)
  return parseWord(setting, text)
}

function parseInteger(
  setting: KafkaSetting,
  text: string,
  [least, greatest]: readonly [bigint, bigint],
): Parsed<number> {
  if (!/^[+-]?\d{1,20}$/.test(text)) return wrong(`must be a whole number, found ${quoted(text)}`)
  const exact = BigInt(text.replace('+', ''))
  const value = Math.min(Math.max(Number(exact), Number.MIN_SAFE_INTEGER), Number.MAX_SAFE_INTEGER)
  const problem = outOfBounds(setting, value, text)
  if (problem !== undefined) return wrong(problem)
  if (exact < least) return wrong(`must be at least ${least}, found ${text}`)
  if (exact > greatest) return wrong(`must be at most ${greatest}, found ${text}`)
  return { value }
}

function parseDouble(setting: KafkaSetting, text: string): Parsed<number> {
  const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN
  if (!Number.isFinite(value)) return wrong(`must be a number, found ${quoted(text)}`)
  const problem = outOfBounds(setting, value, text)
  return problem === undefined ? { value } : wrong(problem)
}

function outOfBounds(setting: KafkaSetting, value: number, text: string): string | undefined {
  const { min, max, also } = setting
  if (value === also) return undefined
  const or = also === undefined ? '' : `, or ${also}`
  if (min !== undefined && value < min) return `must be at least ${min}${or}, found ${text}`
  if (max !== undefined && value > max) return `must be at most ${max}${or}, found ${text}`
  return undefined
}

function parseBoolean(text: string): Parsed<boolean> {
  const value = text.toLowerCase()
  if (value === 'true' || value === 'false') return { value: value === 'true' }
  return wrong(`must be true or false, found ${quoted(text)}`)
}

function parseList(setting: KafkaSetting, text: string): Parsed<readonly string[]> {
  const words: string[] = []
  for (const member of text === '' ? [] : text.split(',')) {
    const parsed = parseWord(setting, member.trim())
    if ('problem' in parsed) return parsed
    if (setting.values !== undefined && words.includes(parsed.value)) {
      return wrong(`must not have anything twice, found ${parsed.value} again`)
    }
    words.push(parsed.value)
  }
  return { value: words }
}

function parseWord({ values, ignoreCase }: KafkaSetting, text: string): Parsed<string> {
  if (values === undefined) return { value: text }
  const same = (word: string) =>
    ignoreCase === true ? word.toLowerCase() === text.toLowerCase() : word === text
  const value = values.find(same)
  if (value !== undefined) return { value }
  const meant = nearest(text, values)
  const hint = meant === undefined ? '' : `; did you mean ${meant}?`
  return wrong(`must be ${oneOf(values)}, found ${quoted(text)}${hint}`)
}

function wrong(problem: string): { problem: string } {
  return { problem }
}
