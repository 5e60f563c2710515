import { defaultSource } from './default-source.ts'
import {
  fixedBytes,
  type LaidField,
  type Layout,
  minBytes,
  type NullMarker,
  type Present,
  tagOf,
  type Wire,
} from './layout.ts'
import { readScalar } from './scalar-source.ts'
import { Source } from './source.ts'

/** An array read with one bounds check for all its elements has elements of one size. */
type Checked = boolean

/**
 * The body of `(cursor) => message` for one layout: straight down the bytes, one bounds check
 * for each run of fields of fixed size, one object literal a struct. `h` is the runtime's helpers.
 */
export function readerSource(layout: Layout): string {
  const out = new Source()
  out.line(
    'const bytes = cursor.bytes, view = cursor.view, end = cursor.end',
    'const buffer = bytes.buffer, base = bytes.byteOffset',
    'let p = cursor.position',
  )
  const result = readStruct(out, layout, false)
  out.line('cursor.position = p', `return ${result}`)
  return out.toString()
}

/** Reads all fields of a struct. @returns The source of its object literal. */
function readStruct(out: Source, layout: Layout, checked: Checked): string {
  const values = new Map<LaidField, string>()
  readInline(out, layout, values, checked)
  if (layout.flexible) readTagged(out, layout, values)
  const entries = layout.all.map((field) => {
    return `${field.name}: ${values.get(field) ?? defaultSource(field.field)}`
  })
  return `{ ${entries.join(', ')} }`
}

function readInline(
  out: Source,
  { inline, flexible }: Layout,
  values: Map<LaidField, string>,
  checked: Checked,
) {
  let index = 0
  while (index < inline.length) {
    const run: Present[] = []
    while (inline[index]?.wire.form === 'scalar') run.push(inline[index++] as Present)
    const next = inline[index++]
    const prefix = next === undefined ? (flexible ? 1 : 0) : prefixBytes(next.wire)
    const path = (run[0] ?? next)?.path ?? 'a tag section'
    readRun(out, run, prefix, path, values, checked)
    if (next !== undefined) values.set(next, readValue(out, next.wire, next.path, next.name, true))
  }
  // The tag section begins with a byte; a run that ends the struct has checked for it.
  if (flexible && inline.at(-1)?.wire.form !== 'scalar') check(out, 1, 'a tag section')
}

/** Scalars one behind the other, with one check for them and the `prefix` bytes behind. */
function readRun(
  out: Source,
  run: readonly Present[],
  prefix: number,
  path: string,
  values: Map<LaidField, string>,
  checked: Checked,
) {
  const total = run.reduce((sum, { wire }) => sum + (fixedBytes(wire) as number), 0)
  if (!checked) check(out, total + prefix, path)
  let offset = 0
  for (const field of run) {
    if (field.wire.form !== 'scalar') continue
    values.set(field, readScalar(out, field.wire.kind, offset, field))
    offset += field.wire.sizeBytes
  }
  if (total > 0) out.line(`p += ${total}`)
}

/** Reads a value whose length prefix has been checked. @returns The name of the local with it. */
function readValue(out: Source, wire: Wire, path: string, name: string, prefixed: boolean): string {
  const value = out.name(name)
  if (!prefixed) check(out, prefixBytes(wire), path)
  switch (wire.form) {
    case 'scalar': {
      const local = readScalar(out, wire.kind, 0, { name, path })
      out.line(`p += ${wire.sizeBytes}`)
      return local
    }
    case 'struct':
      return readNullableStruct(out, wire, value, name)
    case 'array':
      return readArray(out, wire, path, value)
    case 'string':
    case 'bytes':
    case 'records': {
      const length = readLength(out, wire, path, value)
      out.block(`if (${length} >= 0)`, () => {
        out.line(`if (${length} > end - p) h.truncated('${path}', ${length}, end - p)`)
        if (wire.form !== 'string')
          out.line(`${value} = new Uint8Array(buffer, base + p, ${length})`)
        else {
          // Kafka's own limit, which only the compact form could pass.
          if (wire.compact) out.line(`if (${length} > 32767) h.tooLong('${path}', ${length})`)
          out.line(`${value} = h.readText(bytes, p, p + ${length})`)
        }
        out.line(`p += ${length}`)
      })
      return value
    }
  }
}

function readNullableStruct(
  out: Source,
  { layout, marker }: { layout: Layout; marker: NullMarker },
  value: string,
  name: string,
): string {
  if (marker === 'none') {
    out.line(`const ${value} = ${readStruct(out, layout, false)}`)
    return value
  }
  const present = out.name('present')
  out.line(`let ${value} = null`)
  if (marker === 'int8') out.line(`const ${present} = view.getInt8(p) >= 0; p += 1`)
  else out.line(`const ${present} = ${readVarint(out, name)} > 0`)
  out.block(`if (${present})`, () => out.line(`${value} = ${readStruct(out, layout, false)}`))
  return value
}

function readArray(
  out: Source,
  wire: Wire & { form: 'array' },
  path: string,
  value: string,
): string {
  const { element, objects } = wire
  const count = readLength(out, wire, path, value)
  // A claimed count is held against the bytes that are there before anything is allocated.
  const least = Math.max(1, minBytes(element))
  const fixed = fixedBytes(element) !== undefined
  out.block(`if (${count} >= 0)`, () => {
    out.line(
      `if (${count} * ${least} > end - p) h.truncated('${path}', ${count} * ${least}, end - p)`,
    )
    if (objects > 0) {
      out.line(`if ((cursor.objects -= ${count} * ${objects}) < 0) h.tooMany('${path}')`)
    }
    if (element.form === 'scalar' && element.kind === 'int32') {
      const literals = intArrayLiterals(value)
      out.block(`switch (${count})`, () => {
        out.line(...literals)
        out.block('default:', readAll)
      })
    } else readAll()
  })
  return value

  function readAll() {
    out.line(`${value} = new Array(${count})`)
    const index = out.name('i')
    out.block(`for (let ${index} = 0; ${index} < ${count}; ${index}++)`, () => {
      const item =
        element.form === 'struct'
          ? readStruct(out, element.layout, fixed)
          : readValue(out, element, `${path}[]`, 'item', fixed)
      out.line(`${value}[${index}] = ${item}`)
    })
  }
}

/**
 * Replicas and ISRs are most of a Metadata answer, and hardly ever more than three ids: a literal
 * is made faster than an array that is then filled, by 12 % of the whole.
 */
function intArrayLiterals(value: string): string[] {
  const items = [0, 4, 8].map((offset) => `view.getInt32(p + ${offset})`)
  return [0, 1, 2, 3].map((length) => {
    return `case ${length}: ${value} = [${items.slice(0, length)}]; p += ${4 * length}; break`
  })
}

/**
 * Reads a length or count into a fresh local and declares `value`, null so far.
 *
 * @returns The local: below 0 for null, where the version allows that.
 */
function readLength(
  out: Source,
  wire: Wire & { form: 'string' | 'bytes' | 'records' | 'array' },
  path: string,
  value: string,
): string {
  let length: string
  if (wire.compact) length = `${readVarint(out, 'length')} - 1`
  else if (wire.form === 'string') length = 'view.getInt16(p); p += 2'
  else length = 'view.getInt32(p); p += 4'
  const local = out.name('n')
  out.line(`const ${local} = ${length}`, `let ${value} = null`)
  if (!wire.nullable) out.line(`if (${local} < 0) h.unexpectedNull('${path}')`)
  return local
}

/** Reads an unsigned varint whose first byte has been checked: one byte inline, more by call. */
function readVarint(out: Source, hint: string): string {
  const local = out.name(hint)
  out.line(`let ${local} = bytes[p++]`)
  const long = `cursor.position = p - 1; ${local} = h.readVarint(cursor); p = cursor.position`
  out.line(`if (${local} > 127) { ${long} }`)
  return local
}

/**
 * Reads the tag section, whose first byte has been checked. Tags that this version does not know
 * are passed over by their size.
 */
function readTagged(out: Source, { tagged }: Layout, values: Map<LaidField, string>) {
  for (const field of tagged) {
    const value = out.name(field.name)
    out.line(`let ${value} = ${defaultSource(field.field)}`)
    values.set(field, value)
  }
  const count = readVarint(out, 'tags')
  const skip = `cursor.position = p; h.skipTags(cursor, ${count}); p = cursor.position`
  if (tagged.length === 0) {
    out.line(`if (${count} !== 0) { ${skip} }`)
    return
  }
  out.block(`for (; ${count} > 0; ${count}--)`, () => {
    const [tag, stop] = [out.name('tag'), out.name('stop')]
    out.line('cursor.position = p', `const ${tag} = h.readVarint(cursor)`)
    out.line(`const ${stop} = h.readTagEnd(cursor)`, 'p = cursor.position')
    out.block(`switch (${tag})`, () => {
      for (const field of tagged) {
        out.block(`case ${tagOf(field)}:`, () => {
          const local = readValue(out, field.wire, field.path, field.name, false)
          out.line(`${values.get(field)} = ${local}`)
          out.line(`if (p !== ${stop}) h.wrongTagSize('${field.path}')`, 'break')
        })
      }
      out.line(`default: p = ${stop}`)
    })
  })
}

/** Bytes that are read before it is known how long the value is. */
function prefixBytes(wire: Wire): number {
  switch (wire.form) {
    case 'scalar':
      return wire.sizeBytes
    case 'struct':
      return wire.marker === 'none' ? 0 : 1
    case 'string':
      return wire.compact ? 1 : 2
    default:
      return wire.compact ? 1 : 4
  }
}

function check(out: Source, count: number, path: string) {
  if (count > 0) out.line(`if (end - p < ${count}) h.truncated('${path}', ${count}, end - p)`)
}
