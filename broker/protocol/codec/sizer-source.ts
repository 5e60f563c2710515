import { isDefault } from './default-source.ts'
import {
  fixedBytes,
  type LaidField,
  type Layout,
  type NullMarker,
  tagOf,
  type Wire,
} from './layout.ts'
import { Source } from './source.ts'
import { ifTold, take } from './writer-source.ts'

/**
 * The body of `(m, w) => bytes`: what the message takes without its record batches. Refuses
 * nulls and texts that the version cannot carry, and values that it would lose. Sizes of tagged
 * fields are left in `w` for the writer, which meets them in the same order.
 */
export function sizerSource(layout: Layout): string {
  const out = new Source()
  out.line('let s = 0')
  sizeStruct(out, layout, 'm')
  out.line('return s')
  return out.toString()
}

function sizeStruct(out: Source, layout: Layout, object: string) {
  out.line(`if (typeof ${object} !== 'object' || ${object} === null) h.notObject(${object})`)
  for (const field of layout.all) if (field.wire === undefined) refuseLoss(out, field, object)
  let fixed = layout.flexible ? 1 : 0
  for (const field of layout.inline) {
    const size = fixedBytes(field.wire)
    if (size !== undefined && field.wire.form === 'scalar') fixed += size
    else sizeValue(out, field.wire, field.path, take(out, field, object))
  }
  if (fixed > 0) out.line(`s += ${fixed}`)
  for (const field of layout.tagged) {
    ifTold(out, field, object, (value) => {
      const [slot, before] = [out.name('slot'), out.name('before')]
      out.line(`const ${slot} = w.reserveSize(), ${before} = s`)
      sizeValue(out, field.wire, field.path, value)
      out.line(`w.setSize(${slot}, s - ${before})`)
      out.line(`s += h.varintBytes(s - ${before}) + h.varintBytes(${tagOf(field)})`)
    })
  }
}

/** A value that this version has no place for is dropped only if the definition allows it. */
function refuseLoss(out: Source, { field, name, path }: LaidField, object: string) {
  if (field.options.ignorable === true) return
  const value = out.name(name)
  out.line(`const ${value} = ${object}.${name}`)
  out.line(`if (${value} !== undefined && !(${isDefault(field, value)})) h.lost('${path}')`)
}

function sizeValue(out: Source, wire: Wire, path: string, value: string) {
  switch (wire.form) {
    case 'scalar':
      out.line(`s += ${wire.sizeBytes}`)
      return
    case 'struct':
      sizeNullableStruct(out, wire, value)
      return
    case 'string':
      sizeNullable(out, wire, path, value, () => {
        out.line(`s += h.${wire.compact ? 'compact' : 'classic'}TextBytes(${value}, '${path}')`)
      })
      return
    case 'bytes':
      sizeNullable(out, wire, path, value, () => {
        out.line(`if (!(${value} instanceof Uint8Array)) h.badValue('${path}', 'bytes', ${value})`)
        sizeCount(out, wire.compact, `${value}.length`)
        out.line(`s += ${value}.length`)
      })
      return
    case 'records':
      sizeNullable(out, wire, path, value, () => {
        const size = out.name('size')
        out.line(`const ${size} = h.partsBytes(${value}, '${path}')`, `w.recordsBytes += ${size}`)
        sizeCount(out, wire.compact, size)
      })
      return
    case 'array':
      sizeNullable(out, wire, path, value, () => {
        out.line(`if (!Array.isArray(${value})) h.badValue('${path}', 'array', ${value})`)
        sizeCount(out, wire.compact, `${value}.length`)
        sizeElements(out, wire.element, path, value)
      })
  }
}

function sizeElements(out: Source, element: Wire, path: string, value: string) {
  const fixed = element.form === 'scalar' ? element.sizeBytes : undefined
  if (fixed !== undefined) {
    out.line(`s += ${value}.length * ${fixed}`)
    return
  }
  const [index, item] = [out.name('i'), out.name('item')]
  out.block(`for (let ${index} = 0; ${index} < ${value}.length; ${index}++)`, () => {
    out.line(`const ${item} = ${value}[${index}]`)
    sizeValue(out, element, `${path}[]`, item)
  })
}

function sizeNullable(
  out: Source,
  { form, nullable, compact }: { form: string; nullable: boolean; compact: boolean },
  path: string,
  value: string,
  size: () => void,
) {
  const nothing = compact ? 1 : form === 'string' ? 2 : 4
  const ifNull = nullable ? `s += ${nothing}` : `h.refuseNull('${path}')`
  out.line(`if (${value} === null) ${ifNull}`)
  out.block('else', size)
}

function sizeCount(out: Source, compact: boolean, count: string) {
  out.line(compact ? `s += h.varintBytes(${count} + 1)` : 's += 4')
}

function sizeNullableStruct(
  out: Source,
  { layout, marker }: { layout: Layout; marker: NullMarker },
  value: string,
) {
  if (marker === 'none') return sizeStruct(out, layout, value)
  out.line('s += 1')
  out.block(`if (${value} !== null)`, () => sizeStruct(out, layout, value))
}
