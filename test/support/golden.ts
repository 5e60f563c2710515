import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { decode, encode } from '../../broker/protocol/codec/codec.ts'
import { Cursor } from '../../broker/protocol/codec/cursor.ts'
import * as generated from '../../broker/protocol/generated/messages.ts'
import type { AnyField, Fields } from '../../broker/protocol/schema/fields.ts'
import type { Message } from '../../broker/protocol/schema/message.ts'
import { fromKafkaJson, type Json, parseKafkaJson, toKafkaJson } from './kafka-json.ts'
import { toBytes } from './parts.ts'

/** One message in one version as Kafka prints it and as Kafka writes it. */
export type Vector = { name: string; version: number; json: Json; bytes: Buffer }

/** Every message of the tables by name. */
export const allMessages = new Map(
  Object.values(generated).map((type): [string, Message] => [type.name, type]),
)

/** The committed vectors; `npm run golden` makes them. */
export const vectorsFile = join(import.meta.dirname, '../broker/protocol/golden/vectors.jsonl.gz')

export function readVectors(): Vector[] {
  return parseVectors(gunzipSync(readFileSync(vectorsFile)).toString('utf8'))
}

/** Vectors from what Golden.java prints: a line each, `[name, version, json, base64]`. */
export function parseVectors(text: string): Vector[] {
  const lines = text.split('\n').filter((line) => line !== '')
  return lines.map((line) => {
    const [name, version, json, bytes] = parseKafkaJson(line) as [string, number, Json, string]
    return { name, version, json, bytes: Buffer.from(bytes, 'base64') }
  })
}

/**
 * Holds a vector against our codec in both directions.
 *
 * @returns What differs, or undefined where Kafka and we agree.
 */
export function findDifference(type: Message, vector: Vector): string | undefined {
  const { version, json, bytes } = vector
  try {
    const cursor = new Cursor(bytes)
    const message = decode(type, version, cursor)
    if (cursor.remaining !== 0) return `${cursor.remaining} bytes are left after reading`
    const ours = toKafkaJson(type, version, message)
    const kafkas = withTaggedDefaults(type.fields, version, json)
    if (!isDeepStrictEqual(ours, kafkas)) return `read ${show(ours)}, Kafka says ${show(kafkas)}`

    const fromJson = toBytes(encode(type, version, fromKafkaJson(type, json)))
    if (!fromJson.equals(bytes)) return `wrote ${fromJson.toString('hex')} from Kafka's JSON`
    const again = toBytes(encode(type, version, message as never))
    if (!again.equals(bytes)) return `wrote ${again.toString('hex')} from what was read`
    return undefined
  } catch (error) {
    return String(error)
  }
}

/** Kafka's JSON with the tagged fields that it leaves out. */
function withTaggedDefaults(fields: Fields, version: number, json: Json): Json {
  const whole: Json = {}
  for (const [name, field] of Object.entries(fields)) {
    const { since = 0, last = Number.POSITIVE_INFINITY } = field.options
    if (version < since || version > last) continue
    whole[name] = name in json ? completed(field, version, json[name]) : zero(field, version)
  }
  return whole
}

function completed(field: AnyField, version: number, value: unknown): unknown {
  if (value === null) return null
  if (field.kind === 'struct')
    return withTaggedDefaults(field.fields as Fields, version, value as Json)
  if (field.kind !== 'array') return value
  return (value as unknown[]).map((item) => completed(field.element as AnyField, version, item))
}

function zero(field: AnyField, version: number): unknown {
  const { default: fallback } = field.options
  if (typeof fallback === 'bigint' && Number.isSafeInteger(Number(fallback)))
    return Number(fallback)
  if (fallback !== undefined) return fallback
  switch (field.kind) {
    case 'bool':
      return false
    case 'uuid':
      return 'A'.repeat(22)
    case 'string':
    case 'bytes':
      return ''
    case 'array':
      return []
    case 'struct':
      return withTaggedDefaults(field.fields as Fields, version, {})
    default:
      return 0
  }
}

function show(value: unknown): string {
  return JSON.stringify(value, (_key, inner) => (typeof inner === 'bigint' ? `${inner}n` : inner))
}
