import type { AnyField, Fields } from '../schema/fields.ts'
import { defaultSource } from './layout.ts'

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
