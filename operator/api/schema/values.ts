import { quoted } from '../../../lib/wording.ts'

export type Plain = { readonly [key: string]: unknown }

/** An object that a file or an API server can hold: neither a list nor null. */
export function isPlain(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A field of an object. As in an API server null is as good as nothing. */
export function fieldOf(value: unknown, name: string): unknown {
  if (!isPlain(value) || !Object.hasOwn(value, name)) return undefined
  return value[name] ?? undefined
}

/** Whether two values are the same, whatever the order of their fields. */
export function same(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((member, at) => same(member, b[at]))
  }
  if (isPlain(a) && isPlain(b)) {
    const names = Object.keys(a)
    return (
      names.length === Object.keys(b).length &&
      names.every((name) => Object.hasOwn(b, name) && same(a[name], b[name]))
    )
  }
  return Object.is(a, b)
}

/** A value as a message shows it. */
export function shown(value: unknown): string {
  if (value === undefined || value === null) return 'nothing'
  if (typeof value === 'string') return quoted(value)
  if (Array.isArray(value)) return `a list of ${value.length}`
  return typeof value === 'object' ? 'an object' : `${value as number | boolean | bigint}`
}
