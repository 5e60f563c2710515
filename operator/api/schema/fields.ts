/**
 * The fields of our resources as tables: one call a field. From a table come its type, as read and
 * as written, the local check, the documentation and the schema that an API server holds against it.
 * So there is nothing in it that an API server could not know: patterns are RE2, each rule has its
 * CEL beside it, and whatever can be long has a bound, which CEL's cost estimate asks for.
 *
 * @see https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/
 */
import type { Rules } from './rules.ts'

export type FieldKind =
  | 'string'
  | 'integer'
  | 'boolean'
  | 'integerOrWord'
  | 'quantity'
  | 'duration'
  | 'map'
  | 'list'
  | 'object'
  | 'anything'

export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [key: string]: Json }

/** What a text looks like, for machines and in words: "must be ...". */
export type Pattern = {
  /** Without flags, and with nothing that RE2 does not have. */
  readonly match: RegExp
  readonly says: string
}

/** Of a text that says nothing of it, and of a quantity or duration, in characters. */
export const maxLengthAnyhow = 1_024
export const maxAmountLength = 64

/** What may be said of any field. */
export type Common = {
  readonly doc: string
  /** It may be left out, and then it is not there. */
  readonly optional?: true
  /** What it is if it is left out. A field that has neither must be given. */
  readonly default?: Json
  /** It keeps the value that it was made with, also that of not being there. */
  readonly immutable?: true
}
export type StringOptions = Common & {
  readonly enum?: readonly string[]
  readonly pattern?: Pattern
  readonly minLength?: number
  readonly maxLength?: number
}
/** Bounds are inclusive. */
export type NumberOptions = Common & { readonly min?: number; readonly max?: number }
export type MapOptions = Common & {
  readonly keys?: Pattern
  readonly maxProperties: number
  /** Its entries are settings by Kafka's names, of a topic or of a broker. */
  readonly settings?: 'topic' | 'broker'
}
export type ListOptions = Common & {
  readonly minItems?: number
  readonly maxItems: number
  /** The field that tells the members apart. Left out: the list is changed as a whole. */
  readonly key?: string
}
/** All of it, as it is met at run time. */
export type FieldOptions = Common &
  StringOptions &
  NumberOptions &
  Partial<MapOptions> &
  Partial<ListOptions>

type Presence = 'required' | 'optional' | 'default'
declare const read: unique symbol
declare const write: unique symbol
declare const presence: unique symbol

/** A field at run time; what it reads and writes lives in the type checker only. */
export type Field<Read = unknown, Write = unknown, P extends Presence = Presence> = {
  readonly kind: FieldKind
  readonly options: FieldOptions
  readonly element?: AnyField // of a map or list
  readonly fields?: Fields // of an object
  readonly rules?: Rules<unknown>
  readonly [read]?: Read
  readonly [write]?: Write
  readonly [presence]?: P
}
export type AnyField = Field
export type Fields = { readonly [name: string]: AnyField }

/** An object as read: what has a default is there. */
export type ReadOf<F extends Fields> = {
  readonly [K in keyof F as F[K] extends Field<unknown, unknown, 'optional'>
    ? never
    : K]: FieldRead<F[K]>
} & {
  readonly [K in keyof F as F[K] extends Field<unknown, unknown, 'optional'>
    ? K
    : never]?: FieldRead<F[K]>
}
/** An object as written: only what is required has to be there. */
export type WriteOf<F extends Fields> = {
  readonly [K in keyof F as F[K] extends Field<unknown, unknown, 'required'>
    ? K
    : never]: FieldWrite<F[K]>
} & {
  readonly [K in keyof F as F[K] extends Field<unknown, unknown, 'required'>
    ? never
    : K]?: FieldWrite<F[K]>
}
export type FieldRead<F> = F extends Field<infer R, unknown, Presence> ? R : never
export type FieldWrite<F> = F extends Field<unknown, infer W, Presence> ? W : never

type PresenceOf<O> = O extends { readonly optional: true }
  ? 'optional'
  : O extends { readonly default: unknown }
    ? 'default'
    : 'required'
type Word<O> = O extends { readonly enum: readonly (infer W)[] } ? W : string
type Made<R, W, O> = Field<R, W, PresenceOf<O>>

export const string = <const O extends StringOptions>(options: O): Made<Word<O>, Word<O>, O> => ({
  kind: 'string',
  options,
})
/** A whole number within +-(2^53 - 1). */
export const integer = <const O extends NumberOptions>(options: O): Made<number, number, O> => ({
  kind: 'integer',
  options,
})
export const boolean = <const O extends Common>(options: O): Made<boolean, boolean, O> => ({
  kind: 'boolean',
  options,
})
/** A whole number, or a word that stands for one. */
export const integerOrWord = <const O extends NumberOptions & { readonly enum: readonly string[] }>(
  options: O,
): Made<number | Word<O>, number | Word<O>, O> => ({ kind: 'integerOrWord', options })
/** An amount as Kubernetes writes it, such as `100Gi` or `500m`; see `quantity.ts`. Bounds are in units. */
export const quantity = <const O extends NumberOptions>(
  options: O,
): Made<string | number, string | number, O> => ({ kind: 'quantity', options })
/** A time as Go writes it, such as `1500ms` or `1h30m`; see `duration.ts`. Bounds are in milliseconds. */
export const duration = <const O extends NumberOptions>(options: O): Made<string, string, O> => ({
  kind: 'duration',
  options,
})
/** Whatever it is, it is not ours to look at. */
export const anything = <const O extends Common>(options: O): Made<unknown, unknown, O> => ({
  kind: 'anything',
  options,
})
export const map = <R, W, const O extends MapOptions>(
  element: Field<R, W, Presence>,
  options: O,
): Made<{ readonly [key: string]: R }, { readonly [key: string]: W }, O> => ({
  kind: 'map',
  element,
  options,
})
export const list = <R, W, const O extends ListOptions>(
  element: Field<R, W, Presence>,
  options: O,
): Made<readonly R[], readonly W[], O> => ({ kind: 'list', element, options })
export const object = <const F extends Fields, const O extends Common>(
  fields: F,
  options: O,
  rules?: Rules<ReadOf<F>>,
): Made<ReadOf<F>, WriteOf<F>, O> => ({
  kind: 'object',
  fields,
  options,
  ...(rules === undefined ? {} : { rules }),
})
