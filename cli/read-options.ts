import { type ParseArgsConfig, parseArgs } from 'node:util'
import { oneOf, quoted } from '../lib/wording.ts'
import { UsageError } from './usage-error.ts'

type Options = NonNullable<ParseArgsConfig['options']>

/**
 * Reads a command line.
 *
 * @throws {UsageError}
 */
export function readOptions<T extends Options>(args: readonly string[], options: T) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true })
  } catch (error) {
    if (!isParseError(error)) throw error
    throw new UsageError(error.message.split('. ')[0], { cause: error }) // the rest is about quoting
  }
}

/**
 * Reads a command line of options and of one topic.
 *
 * @throws {UsageError}
 */
export function readTopicOptions<T extends Options>(args: readonly string[], options: T) {
  const { values, positionals } = readOptions(args, options)
  const [topic, ...others] = positionals
  if (topic === undefined) throw new UsageError('say a topic')
  if (others.length > 0) throw new UsageError(`one topic at a time, found ${others.length + 1}`)
  return { topic, values }
}

function isParseError(error: unknown): error is Error {
  const { code } = error as NodeJS.ErrnoException
  return code?.startsWith('ERR_PARSE_ARGS_') === true
}

/** @throws {UsageError} */
export function wholeNumber(name: string, text: string, atLeast = 0): number {
  const number = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(number) || number < atLeast) {
    throw new UsageError(`${name} is a whole number from ${atLeast} on, found ${quoted(text)}`)
  }
  return number
}

/** @throws {UsageError} */
export function choice<T extends string>(name: string, text: string, choices: readonly T[]): T {
  const found = choices.find((one) => one === text)
  if (found === undefined) {
    throw new UsageError(`${name} is ${oneOf(choices)}, found ${quoted(text)}`)
  }
  return found
}
