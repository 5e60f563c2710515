import type { AnyField, Fields } from '../../../../broker/protocol/schema/fields.ts'
import type { Message } from '../../../../broker/protocol/schema/message.ts'

type Json = { [name: string]: unknown }

/**
 * Messages with very many elements in one of their arrays, each as small as it can be on the wire,
 * for each array in turn.
 */
export function* swollen(type: Message, version: number, count: number) {
  for (const path of arrayPaths(type.fields, version)) {
    const message = smallestStruct(type.fields, version)
    fill(type.fields, message, path, version, count)
    yield { path: path.join('.'), message }
  }
}

function* arrayPaths(fields: Fields, version: number, prefix: string[] = []): Generator<string[]> {
  for (const [name, field] of Object.entries(fields)) {
    if (!isThere(field, version)) continue
    const path = [...prefix, name]
    if (field.kind === 'array') yield path
    const struct = field.kind === 'array' ? field.element : field
    if (struct?.kind === 'struct') yield* arrayPaths(struct.fields as Fields, version, path)
  }
}

/** Fills the array at a path; the arrays on the way there get one element. */
function fill(
  fields: Fields,
  message: Json,
  [name = '', ...rest]: string[],
  version: number,
  count: number,
) {
  const field = fields[name] as AnyField
  const struct = field.kind === 'array' ? (field.element as AnyField) : field
  if (rest.length === 0) {
    message[name] = new Array(count).fill(smallest(struct, version))
    return
  }
  const inner = smallestStruct(struct.fields as Fields, version)
  message[name] = field.kind === 'array' ? [inner] : inner
  fill(struct.fields as Fields, inner, rest, version, count)
}

function smallestStruct(fields: Fields, version: number): Json {
  const there = Object.entries(fields).filter(([, field]) => isThere(field, version))
  const inline = there.filter(([, { options }]) => options.tag === undefined)
  return Object.fromEntries(inline.map(([name, field]) => [name, smallest(field, version)]))
}

/** Few bytes on the wire and yet an object in memory, where there is such a value. */
function smallest(field: AnyField, version: number): unknown {
  switch (field.kind) {
    case 'bool':
      return false
    case 'bigint64':
      return 1n
    case 'string':
      return 'ab'
    case 'uuid':
      return 'zS2EbDkXQ5mDoxVKsdoQ8A'
    case 'bytes':
    case 'records':
      return new Uint8Array(0)
    case 'array':
      return []
    case 'struct':
      return smallestStruct(field.fields as Fields, version)
    default:
      return 0
  }
}

function isThere({ options }: AnyField, version: number): boolean {
  return version >= (options.since ?? 0) && version <= (options.last ?? Number.POSITIVE_INFINITY)
}
