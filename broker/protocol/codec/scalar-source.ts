import type { ScalarKind } from '../schema/fields.ts'
import type { Source } from './source.ts'

/** Reads a scalar `offset` bytes behind `p`. @returns The name of the local with it. */
export function readScalar(
  out: Source,
  kind: ScalarKind,
  offset: number,
  { name, path }: { name: string; path: string },
): string {
  const at = offset === 0 ? 'p' : `p + ${offset}`
  const value = out.name(name)
  out.line(`const ${value} = ${scalarExpression(kind, at, `p + ${offset + 4}`)}`)
  if (kind === 'int64') out.line(`if (${value} > h.max || ${value} < -h.max) h.unsafe('${path}')`)
  return value
}

function scalarExpression(kind: ScalarKind, at: string, behindHigh: string): string {
  switch (kind) {
    case 'bool':
      return `bytes[${at}] !== 0`
    case 'int8':
      return `view.getInt8(${at})`
    case 'int16':
      return `view.getInt16(${at})`
    case 'int32':
      return `view.getInt32(${at})`
    case 'int64':
      return `view.getInt32(${at}) * 4294967296 + view.getUint32(${behindHigh})`
    case 'bigint64':
      return `view.getBigInt64(${at})`
    case 'uint16':
      return `view.getUint16(${at})`
    case 'uint32':
      return `view.getUint32(${at})`
    case 'float64':
      return `view.getFloat64(${at})`
    case 'uuid':
      return `h.readUuid(bytes, view, ${at})`
  }
}

/** Writes a scalar at `p`, or refuses a value that does not fit. */
export function writeScalar(out: Source, kind: ScalarKind, path: string, value: string) {
  const bad = `h.badValue('${path}', '${kind}', ${value})`
  switch (kind) {
    case 'bool':
      out.line(`bytes[p] = ${value} === true ? 1 : ${value} === false ? 0 : ${bad}`)
      return
    case 'int8':
      out.line(`if (${value} << 24 >> 24 !== ${value}) ${bad}`, `bytes[p] = ${value}`)
      return
    case 'int16':
      out.line(`if (${value} << 16 >> 16 !== ${value}) ${bad}`, `view.setInt16(p, ${value})`)
      return
    case 'int32':
      out.line(`if ((${value} | 0) !== ${value}) ${bad}`, `view.setInt32(p, ${value})`)
      return
    case 'uint16':
      out.line(`if ((${value} & 0xffff) !== ${value}) ${bad}`, `view.setUint16(p, ${value})`)
      return
    case 'uint32':
      out.line(`if (${value} >>> 0 !== ${value}) ${bad}`, `view.setUint32(p, ${value})`)
      return
    case 'int64':
      out.line(
        `if (!Number.isSafeInteger(${value})) ${bad}`,
        `view.setInt32(p, Math.floor(${value} / 4294967296))`,
        `view.setUint32(p + 4, ${value} >>> 0)`,
      )
      return
    case 'bigint64':
      out.line(
        `if (typeof ${value} !== 'bigint' || BigInt.asIntN(64, ${value}) !== ${value}) ${bad}`,
        `view.setBigInt64(p, ${value})`,
      )
      return
    case 'float64':
      out.line(`if (typeof ${value} !== 'number') ${bad}`, `view.setFloat64(p, ${value})`)
      return
    case 'uuid':
      out.line(`if (!h.writeUuid(bytes, p, ${value})) ${bad}`)
  }
}
