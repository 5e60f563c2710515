import type { AnyField, Fields, ScalarKind } from '../schema/fields.ts'
import { isFlexible, type Message } from '../schema/message.ts'

/** How one value lies on the wire in one version. */
export type Wire =
  | { readonly form: 'scalar'; readonly kind: ScalarKind; readonly sizeBytes: number }
  | {
      readonly form: 'string' | 'bytes' | 'records'
      readonly compact: boolean
      readonly nullable: boolean
    }
  | {
      readonly form: 'array'
      readonly compact: boolean
      readonly nullable: boolean
      readonly element: Wire
      /** Objects that each element becomes, at least. */
      readonly objects: number
    }
  | { readonly form: 'struct'; readonly layout: Layout; readonly marker: NullMarker }

/**
 * What tells a nullable struct's presence: a byte of -1 or 1 inline, but a varint of 0 or 1 in the
 * tag section, inside the field's size.
 */
export type NullMarker = 'none' | 'int8' | 'uvarint'

export type LaidField = {
  readonly name: string
  /** For errors: `topics[].partitions[].index`. */
  readonly path: string
  readonly field: AnyField
  /** Undefined where this version lacks the field. */
  readonly wire: Wire | undefined
}

/** The fields of a struct in one version. */
export type Layout = {
  /** All of them, in the order of the definition. */
  readonly all: readonly LaidField[]
  /** Those that travel inline, in the order of the wire. */
  readonly inline: readonly Present[]
  /** Those in the tag section, by rising tag. */
  readonly tagged: readonly Present[]
  readonly flexible: boolean
}
export type Present = LaidField & { readonly wire: Wire }

const scalarBytes: Record<ScalarKind, number> = {
  bool: 1,
  int8: 1,
  int16: 2,
  int32: 4,
  int64: 8,
  bigint64: 8,
  uint16: 2,
  uint32: 4,
  float64: 8,
  uuid: 16,
}

/** The layout of a message in a version that it has. */
export function layoutOf(type: Message, version: number): Layout {
  return layoutFields(type.fields, version, isFlexible(type, version), '')
}

function layoutFields(fields: Fields, version: number, flexible: boolean, prefix: string): Layout {
  const all = Object.entries(fields).map(([name, field]): LaidField => {
    const { since = 0, last = Number.POSITIVE_INFINITY } = field.options
    const path = `${prefix}${name}`
    const present = version >= since && version <= last
    return { name, path, field, wire: present ? wireOf(field, version, flexible, path) : undefined }
  })
  const present = all.filter((field): field is Present => field.wire !== undefined)
  const tagged = present.filter(({ field }) => field.options.tag !== undefined)
  tagged.sort((a, b) => tagOf(a) - tagOf(b))
  const inline = present.filter(({ field }) => field.options.tag === undefined)
  return { all, inline, tagged, flexible }
}

function wireOf(field: AnyField, version: number, flexible: boolean, path: string): Wire {
  const { kind, options } = field
  const nullable = options.nullableSince !== undefined && version >= options.nullableSince
  const compact = flexible && options.compact !== false
  switch (kind) {
    case 'string':
    case 'bytes':
    case 'records':
      return { form: kind, compact, nullable }
    case 'array': {
      const inner = field.element as AnyField
      const element = wireOf(inner, version, flexible, `${path}[]`)
      return { form: 'array', compact, nullable, element, objects: objectsOf(inner, element) }
    }
    case 'struct': {
      const layout = layoutFields(field.fields as Fields, version, flexible, `${path}.`)
      const marker = options.tag === undefined ? 'int8' : 'uvarint'
      return { form: 'struct', layout, marker: nullable ? marker : 'none' }
    }
    default:
      return { form: 'scalar', kind, sizeBytes: scalarBytes[kind] }
  }
}

export function tagOf({ field }: LaidField): number {
  return field.options.tag as number
}

/** The fewest bytes a value takes; what a claimed count is held against. */
export function minBytes(wire: Wire): number {
  switch (wire.form) {
    case 'scalar':
      return wire.sizeBytes
    case 'struct':
      return wire.marker === 'none' ? minStructBytes(wire.layout) : 1
    case 'string':
      return wire.compact ? 1 : 2
    default:
      return wire.compact ? 1 : 4
  }
}

function minStructBytes(layout: Layout): number {
  const inline = layout.inline.reduce((sum, { wire }) => sum + minBytes(wire), 0)
  return inline + (layout.flexible ? 1 : 0)
}

/** The size of a value that always takes the same bytes, or undefined. */
export function fixedBytes(wire: Wire): number | undefined {
  if (wire.form === 'scalar') return wire.sizeBytes
  if (wire.form !== 'struct' || wire.marker !== 'none' || wire.layout.flexible) return undefined
  let sum = 0
  for (const { wire: inner } of wire.layout.inline) {
    const size = fixedBytes(inner)
    if (size === undefined) return undefined
    sum += size
  }
  return sum
}

/**
 * How many objects a reader makes of one value at least; the elements of arrays inside are counted
 * when they are met. What a version lacks is made too, where its default is an object.
 */
function objectsOf(field: AnyField, wire: Wire | undefined): number {
  switch (field.kind) {
    case 'struct': {
      if (wire === undefined && field.options.default === null) return 0
      const layout = wire?.form === 'struct' ? wire.layout.all : undefined
      const inner = layout ?? Object.values(field.fields as Fields).map(absent)
      return inner.reduce((sum, { field: member, wire: at }) => sum + objectsOf(member, at), 1)
    }
    case 'array':
      return 1
    case 'bytes':
    case 'records':
      return wire === undefined ? 0 : 2
    case 'string':
    case 'uuid':
    case 'bigint64':
      return wire === undefined ? 0 : 1
    default:
      return 0
  }
}

function absent(field: AnyField) {
  return { field, wire: undefined }
}
