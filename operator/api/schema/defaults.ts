import type { AnyField, Field } from './fields.ts'
import { isPlain } from './values.ts'

/**
 * A value with its defaults filled in, as an API server would hand it back. What is wrong stays as it
 * is: this is for values that were checked, or are just being.
 */
export function fillDefaults<R>(field: Field<R>, value: unknown): R {
  return fill(field, value) as R
}

function fill(field: AnyField, value: unknown): unknown {
  const { kind, element, fields } = field
  if (value === undefined || value === null) {
    const { default: instead } = field.options
    return instead === undefined ? undefined : fill(field, instead)
  }
  if (kind === 'object' && isPlain(value)) {
    const names = new Set([...Object.keys(fields ?? {}), ...Object.keys(value)])
    return Object.fromEntries(
      [...names]
        .map((name): [string, unknown] => [name, fillOne(field, name, value)])
        .filter(([, member]) => member !== undefined),
    )
  }
  if (kind === 'map' && isPlain(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([key, member]) => [key, fill(element as AnyField, member)]),
    )
  }
  if (kind === 'list' && Array.isArray(value)) {
    return value.map((member) => fill(element as AnyField, member))
  }
  return value
}

function fillOne(
  object: AnyField,
  name: string,
  value: { readonly [key: string]: unknown },
): unknown {
  const given = Object.hasOwn(value, name) ? value[name] : undefined
  const known = object.fields !== undefined && Object.hasOwn(object.fields, name)
  return known ? fill(object.fields[name] as AnyField, given) : given
}
