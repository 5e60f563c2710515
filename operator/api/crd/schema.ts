import { fillDefaults } from '../schema/defaults.ts'
import { durationPattern } from '../schema/duration.ts'
import {
  type AnyField,
  type FieldOptions,
  type Json,
  maxAmountLength,
  maxLengthAnyhow,
} from '../schema/fields.ts'
import { quantityPattern } from '../schema/quantity.ts'
import { re2Of } from './cel.ts'
import type { Validation } from './validation.ts'
import { validationsOf } from './validations.ts'

/** A structural schema (OpenAPI v3), with what an API server adds to it. */
export type Schema = {
  readonly description?: string
  readonly type?: 'string' | 'integer' | 'boolean' | 'object' | 'array'
  readonly format?: 'int64'
  readonly default?: Json
  readonly enum?: readonly string[]
  readonly pattern?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly maxProperties?: number
  readonly required?: readonly string[]
  readonly properties?: { readonly [name: string]: Schema }
  readonly additionalProperties?: Schema
  readonly items?: Schema
  readonly 'x-kubernetes-int-or-string'?: true
  readonly 'x-kubernetes-preserve-unknown-fields'?: true
  readonly 'x-kubernetes-list-type'?: 'map' | 'atomic'
  readonly 'x-kubernetes-list-map-keys'?: readonly string[]
  readonly 'x-kubernetes-validations'?: readonly Validation[]
}

/** What an API server holds against a field. */
export function schemaOf(field: AnyField): Schema {
  const { doc, default: instead } = field.options
  const validations = validationsOf(field)
  return {
    description: doc,
    ...shapeOf(field),
    // In full: rules are asked of a default as it stands here.
    ...(instead === undefined ? {} : { default: fillDefaults(field, instead) as Json }),
    ...(validations.length === 0 ? {} : { 'x-kubernetes-validations': validations }),
  }
}

function shapeOf(field: AnyField): Schema {
  const { kind, options, element } = field
  switch (kind) {
    case 'string':
      return { type: 'string', ...textBounds(options) }
    case 'integer':
      return { type: 'integer', format: 'int64', ...numberBounds(options) }
    case 'boolean':
      return { type: 'boolean' }
    case 'quantity':
      return {
        pattern: quantityPattern.source,
        maxLength: maxAmountLength,
        'x-kubernetes-int-or-string': true,
      }
    case 'integerOrWord':
      return { 'x-kubernetes-int-or-string': true }
    case 'duration':
      return { type: 'string', pattern: durationPattern.source, maxLength: maxAmountLength }
    case 'anything':
      return { 'x-kubernetes-preserve-unknown-fields': true }
    case 'map':
      return {
        type: 'object',
        ...given({ maxProperties: options.maxProperties }),
        additionalProperties: schemaOf(element as AnyField),
      }
    case 'list':
      return listOf(options, element as AnyField)
    case 'object':
      return objectOf(field)
  }
}

function textBounds({ enum: words, pattern, minLength, maxLength }: FieldOptions): Schema {
  if (words !== undefined) return { enum: words }
  const source = pattern && re2Of(pattern)
  return given({ pattern: source, minLength, maxLength: maxLength ?? maxLengthAnyhow })
}

function numberBounds({ min, max }: FieldOptions): Schema {
  // What we could not read back exactly is not taken.
  return given({ minimum: min, maximum: max ?? Number.MAX_SAFE_INTEGER })
}

function listOf({ minItems, maxItems, key }: FieldOptions, element: AnyField): Schema {
  const merged = key === undefined ? undefined : [key]
  return {
    type: 'array',
    ...given({ minItems, maxItems }),
    'x-kubernetes-list-type': merged === undefined ? 'atomic' : 'map',
    ...given({ 'x-kubernetes-list-map-keys': merged }),
    items: schemaOf(element),
  }
}

function objectOf({ fields = {} }: AnyField): Schema {
  const required = Object.entries(fields)
    .filter(([, { options }]) => options.optional !== true && options.default === undefined)
    .map(([name]) => name)
  return {
    type: 'object',
    ...given({ required: required.length === 0 ? undefined : required }),
    properties: Object.fromEntries(
      Object.entries(fields).map(([name, below]) => [name, schemaOf(below)]),
    ),
  }
}

type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> }

/** Without what is undefined. */
function given<T extends object>(schema: T): Given<T> {
  const entries = Object.entries(schema).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as Given<T>
}
