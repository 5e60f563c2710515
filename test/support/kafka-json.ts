import type { AnyField, Fields } from '../../broker/protocol/schema/fields.ts'
import type { Message } from '../../broker/protocol/schema/message.ts'

/**
 * A message of ours from what Kafka's JSON converters print, and back. They leave out tagged
 * fields at their default, print bytes as base64, and know only the fields of their version.
 */
export function fromKafkaJson(type: Message, json: unknown): never {
  return structFrom(type.fields, json as Json) as never // of whatever type the message is
}

/** What Kafka would print of a message in a version, with tagged fields at their default. */
export function toKafkaJson(type: Message, version: number, message: unknown): Json {
  return structTo(type.fields, version, message as Json)
}

/** Parses JSON in which integers may use all of 64 bits: those become bigints. */
export function parseKafkaJson(text: string): unknown {
  return JSON.parse(text, (_key, value: unknown, context?: { source?: string }) => {
    const unsafe = typeof value === 'number' && Math.abs(value) > Number.MAX_SAFE_INTEGER
    const source = context?.source
    return unsafe && source !== undefined && /^-?\d+$/.test(source) ? BigInt(source) : value
  })
}

export type Json = { [name: string]: unknown }

function structFrom(fields: Fields, json: Json): Json {
  const entries = Object.entries(fields).filter(([name]) => name in json)
  return Object.fromEntries(entries.map(([name, field]) => [name, from(field, json[name])]))
}

function from(field: AnyField, value: unknown): unknown {
  if (value === null) return null
  switch (field.kind) {
    case 'array':
      return (value as unknown[]).map((item) => from(field.element as AnyField, item))
    case 'struct':
      return structFrom(field.fields as Fields, value as Json)
    case 'bytes':
    case 'records':
      return Buffer.from(value as string, 'base64')
    case 'bigint64':
      return BigInt(value as number | bigint)
    default:
      return value
  }
}

function structTo(fields: Fields, version: number, message: Json): Json {
  const there = Object.entries(fields).filter(([, { options }]) => {
    return version >= (options.since ?? 0) && version <= (options.last ?? Number.POSITIVE_INFINITY)
  })
  return Object.fromEntries(there.map(([name, field]) => [name, to(field, version, message[name])]))
}

function to(field: AnyField, version: number, value: unknown): unknown {
  if (value === null) return null
  switch (field.kind) {
    case 'array':
      return (value as unknown[]).map((item) => to(field.element as AnyField, version, item))
    case 'struct':
      return structTo(field.fields as Fields, version, value as Json)
    case 'bytes':
    case 'records':
      return Buffer.from(value as Uint8Array).toString('base64')
    case 'bigint64':
      return asPrinted(value as bigint)
    default:
      return value
  }
}

/** JSON has one kind of number, so a bigint that is safe as a number comes back as one. */
function asPrinted(value: bigint): number | bigint {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}
