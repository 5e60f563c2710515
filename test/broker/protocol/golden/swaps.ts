import type { AnyField, Fields } from '../../../../broker/protocol/schema/fields.ts'

/**
 * The struct's fields with two inline ones of the same type in each other's place: every such pair
 * in turn, at every depth. `path` says which two.
 */
export function* swaps(fields: Fields, prefix = ''): Generator<{ path: string; fields: Fields }> {
  const entries = Object.entries(fields)
  for (const [i, [a, first]] of entries.entries()) {
    for (const [j, [b, second]] of entries.entries()) {
      if (j <= i || !interchangeable(first, second)) continue
      const swapped = entries.with(i, [b, second]).with(j, [a, first])
      yield { path: `${prefix}${a} and ${b}`, fields: Object.fromEntries(swapped) }
    }
  }
  for (const [name, field] of entries) {
    const struct = field.kind === 'array' ? field.element : field
    if (struct?.kind !== 'struct') continue
    for (const inner of swaps(struct.fields as Fields, `${prefix}${name}.`)) {
      const changed = { ...struct, fields: inner.fields }
      const planted = field.kind === 'array' ? { ...field, element: changed } : changed
      yield { path: inner.path, fields: { ...fields, [name]: planted } }
    }
  }
}

/** Whether two fields would read each other's bytes without complaint, in some version. */
function interchangeable(a: AnyField, b: AnyField): boolean {
  if (a.kind !== b.kind || a.kind === 'struct') return false
  if (a.element?.kind !== b.element?.kind || a.element?.kind === 'struct') return false
  if (a.options.tag !== undefined || b.options.tag !== undefined) return false
  const { since: aSince = 0, last: aLast = Number.POSITIVE_INFINITY } = a.options
  const { since: bSince = 0, last: bLast = Number.POSITIVE_INFINITY } = b.options
  return Math.max(aSince, bSince) <= Math.min(aLast, bLast)
}
