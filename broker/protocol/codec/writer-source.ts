import { defaultSource, isDefault } from './default-source.ts'
import {
  type LaidField,
  type Layout,
  type NullMarker,
  type Present,
  tagOf,
  type Wire,
} from './layout.ts'
import { writeScalar } from './scalar-source.ts'
import { Source } from './source.ts'

/**
 * The body of `(m, w)`: writes the message `m` into the sink `w`, which has exactly the room
 * that the sizer found. Numbers are checked here, lengths and nulls by the sizer.
 */
export function writerSource(layout: Layout): string {
  const out = new Source()
  out.line('const bytes = w.bytes, view = w.view', 'let p = w.position')
  writeStruct(out, layout, 'm')
  out.line('w.position = p')
  return out.toString()
}

function writeStruct(out: Source, layout: Layout, object: string) {
  for (const field of layout.inline) {
    writeValue(out, field.wire, field.path, take(out, field, object))
  }
  if (layout.flexible) writeTagged(out, layout, object)
}

/** Takes a field from its object, with its default where it may be left out. */
export function take(out: Source, { name, field }: LaidField, object: string): string {
  const value = out.name(name)
  const { since, last, tag, default: fallback } = field.options
  const optional = [since, last, tag, fallback].some((option) => option !== undefined)
  if (!optional) out.line(`const ${value} = ${object}.${name}`)
  else {
    out.line(`let ${value} = ${object}.${name}`)
    out.line(`if (${value} === undefined) ${value} = ${defaultSource(field)}`)
  }
  return value
}

function writeValue(out: Source, wire: Wire, path: string, value: string) {
  switch (wire.form) {
    case 'scalar':
      writeScalar(out, wire.kind, path, value)
      out.line(`p += ${wire.sizeBytes}`)
      return
    case 'struct':
      writeNullableStruct(out, wire, value)
      return
    case 'string':
      ifNotNull(out, wire, value, () => {
        if (wire.compact) out.line(`p = h.writeCompactText(bytes, p, ${value})`)
        else out.line(`p = h.writeClassicText(bytes, view, p, ${value})`)
      })
      return
    case 'bytes':
      ifNotNull(out, wire, value, () => {
        writeCount(out, wire.compact, `${value}.length`)
        out.line(`bytes.set(${value}, p)`, `p += ${value}.length`)
      })
      return
    case 'records':
      ifNotNull(out, wire, value, () => {
        writeCount(out, wire.compact, `h.partsBytes(${value}, '${path}')`)
        // The bytes written so far and the records become parts of their own; nothing is copied.
        out.line(`w.position = p`, `w.addRecords(${value})`)
      })
      return
    case 'array':
      writeArray(out, wire, path, value)
  }
}

function writeArray(out: Source, wire: Wire & { form: 'array' }, path: string, value: string) {
  const { element, compact } = wire
  ifNotNull(out, wire, value, () => {
    writeCount(out, compact, `${value}.length`)
    const [index, item] = [out.name('i'), out.name('item')]
    out.block(`for (let ${index} = 0; ${index} < ${value}.length; ${index}++)`, () => {
      out.line(`const ${item} = ${value}[${index}]`)
      writeValue(out, element, `${path}[]`, item)
    })
  })
}

function ifNotNull(
  out: Source,
  { form, nullable, compact }: { form: string; nullable: boolean; compact: boolean },
  value: string,
  write: () => void,
) {
  if (!nullable) return write() // the sizer has refused null
  const nothing = compact
    ? 'bytes[p++] = 0'
    : form === 'string'
      ? 'view.setInt16(p, -1); p += 2'
      : 'view.setInt32(p, -1); p += 4'
  out.block(`if (${value} === null)`, () => out.line(nothing))
  out.block('else', write)
}

function writeCount(out: Source, compact: boolean, count: string) {
  if (compact) out.line(`p = h.writeVarint(bytes, p, ${count} + 1)`)
  else out.line(`view.setInt32(p, ${count})`, 'p += 4')
}

function writeNullableStruct(
  out: Source,
  { layout, marker }: { layout: Layout; marker: NullMarker },
  value: string,
) {
  if (marker === 'none') return writeStruct(out, layout, value)
  const nothing = marker === 'int8' ? 255 : 0
  out.block(`if (${value} === null)`, () => out.line(`bytes[p++] = ${nothing}`))
  out.block('else', () => {
    out.line('bytes[p++] = 1')
    writeStruct(out, layout, value)
  })
}

/** The tag section: a field that has its default is not there, as Kafka has it. */
function writeTagged(out: Source, { tagged }: Layout, object: string) {
  const count = out.name('tags')
  if (tagged.length === 0) {
    out.line('bytes[p++] = 0')
    return
  }
  out.line(`const ${count} = p++`, `bytes[${count}] = 0`)
  for (const field of tagged) {
    ifTold(out, field, object, (value) => {
      out.line(`bytes[${count}]++`, `p = h.writeVarint(bytes, p, ${tagOf(field)})`)
      out.line('p = h.writeVarint(bytes, p, w.takeSize())')
      writeValue(out, field.wire, field.path, value)
    })
  }
}

/** Runs `body` over a tagged field that is there and not at its default. */
export function ifTold(out: Source, field: Present, object: string, body: (value: string) => void) {
  const value = out.name(field.name)
  out.line(`const ${value} = ${object}.${field.name}`)
  out.block(`if (${value} !== undefined && !(${isDefault(field.field, value)}))`, () => body(value))
}
