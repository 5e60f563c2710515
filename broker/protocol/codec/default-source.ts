import type { AnyField, Fields } from '../schema/fields.ts'

/** The source text of what a reader sees, and a writer writes, where nothing is said. */
export function defaultSource(field: AnyField): string {
  const { kind, options } = field
  if (typeof options.default === 'bigint') return `${options.default}n`
  if (options.default !== undefined) return JSON.stringify(options.default)
  switch (kind) {
    case 'bool':
      return 'false'
    case 'bigint64':
      return '0n'
    case 'uuid':
      return 'h.zeroUuid'
    case 'string':
      return "''"
    case 'bytes':
      return 'h.noBytes'
    case 'records':
      return options.nullableSince === undefined ? 'h.noBytes' : 'null'
    case 'array':
      return '[]'
    case 'struct': {
      const fields = Object.entries(field.fields as Fields)
      return `{${fields.map(([name, inner]) => `${name}: ${defaultSource(inner)}`).join(', ')}}`
    }
    default:
      return '0'
  }
}

/** Source of a test whether `value`, which is not undefined, says no more than its default. */
export function isDefault(field: AnyField, value: string): string {
  const { kind, options } = field
  if (options.default === null) return `${value} === null`
  switch (kind) {
    case 'array':
    case 'bytes':
    case 'records':
      return `${value} !== null && ${value}.length === 0`
    case 'struct': {
      const fields = Object.entries(field.fields as Fields).map(([name, inner]) => {
        const member = `${value}.${name}`
        return `(${member} === undefined || ${isDefault(inner, member)})`
      })
      return `${value} !== null && ${fields.join(' && ')}`
    }
    default:
      return `${value} === ${defaultSource(field)}`
  }
}
