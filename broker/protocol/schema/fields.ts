/**
 * The fields of Kafka's messages as tables: one call a field, from which its type, as read and as
 * written, and its codec come. The words are those of Kafka's own definitions, shortened.
 *
 * @see https://cwiki.apache.org/confluence/display/KAFKA/KIP-482 for tags and compact types
 */

/** A range of a file that the writer of a frame sends without looking into it. */
export type FileSlice = {
  readonly file: unknown
  readonly position: number
  readonly byteLength: number
}

/** One stretch of an encoded message: bytes in memory, or a range of a file. */
export type Part = Uint8Array | FileSlice

/** Record batches as written: one buffer, or several stretches that belong one behind the other. */
export type RecordsInput = Uint8Array | readonly Part[]

export type ScalarKind =
  | 'bool'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'bigint64'
  | 'uint16'
  | 'uint32'
  | 'float64'
  | 'uuid'

export type FieldKind = ScalarKind | 'string' | 'bytes' | 'records' | 'array' | 'struct'

/** What may be said of a field. Versions are those of the message. */
export type FieldOptions = {
  /** First version that has the field. Left out: all have it. */
  readonly since?: number
  /** Last version that has it, inclusive. */
  readonly last?: number
  /** First version in which it may be null. Left out: never. */
  readonly nullableSince?: number
  /** Its tag, where it travels in the tag section instead of inline. */
  readonly tag?: number
  /** What a reader sees where the version lacks the field, if not the zero of its type. */
  readonly default?: boolean | number | bigint | string | null
  /** A writer drops the value silently where the version lacks the field; otherwise it refuses. */
  readonly ignorable?: true
  /** Keeps the old form in flexible versions too: only the client id of the request header. */
  readonly compact?: false
}

declare const read: unique symbol
declare const write: unique symbol
declare const optional: unique symbol

/** A field at run time; `Read`, `Write` and `Optional` live in the type checker only. */
export type Field<Read = unknown, Write = unknown, Optional extends boolean = boolean> = {
  readonly kind: FieldKind
  readonly options: FieldOptions
  readonly element?: AnyField // of an array
  readonly fields?: Fields // of a struct
  readonly [read]?: Read
  readonly [write]?: Write
  readonly [optional]?: Optional
}
export type AnyField = Field
export type Fields = { readonly [name: string]: AnyField }

/** A struct as read: every field is there, whatever the version. */
export type ReadOf<F extends Fields> = { -readonly [K in keyof F]: FieldRead<F[K]> }

/** A struct as written: what has a default, or is not in every version, may be left out. */
export type WriteOf<F extends Fields> = {
  readonly [K in keyof F as F[K] extends Field<unknown, unknown, true> ? never : K]: FieldWrite<
    F[K]
  >
} & {
  readonly [K in keyof F as F[K] extends Field<unknown, unknown, true> ? K : never]?:
    | FieldWrite<F[K]>
    | undefined
}

type FieldRead<F> = F extends Field<infer R, unknown, boolean> ? R : never
type FieldWrite<F> = F extends Field<unknown, infer W, boolean> ? W : never

type OrNull<T, O> = O extends { readonly nullableSince: number } ? T | null : T
type IsOptional<O> = O extends
  | { readonly since: number }
  | { readonly last: number }
  | { readonly tag: number }
  | { readonly default: unknown }
  ? true
  : false
type Made<R, W, O> = Field<OrNull<R, O>, OrNull<W, O>, IsOptional<O>>
// biome-ignore lint/complexity/noBannedTypes: the type of no options at all
type None = {}

const scalar =
  <T>(kind: FieldKind) =>
  <const O extends FieldOptions = None>(options?: O): Made<T, T, O> => ({
    kind,
    options: options ?? {},
  })

export const bool = scalar<boolean>('bool')
export const int8 = scalar<number>('int8')
export const int16 = scalar<number>('int16')
export const int32 = scalar<number>('int32')
/** A 64-bit integer within +-(2^53 - 1); anything else on the wire is refused. */
export const int64 = scalar<number>('int64')
/** A 64-bit integer that uses all its bits: a hash, or a bound at 2^63 - 1. */
export const bigint64 = scalar<bigint>('bigint64')
export const uint16 = scalar<number>('uint16')
export const uint32 = scalar<number>('uint32')
export const float64 = scalar<number>('float64')
/** 16 bytes, as the 22 characters of base64url that Kafka's tools print. */
export const uuid = scalar<string>('uuid')
export const string = scalar<string>('string')
/** Bytes. As read they are a view on the received buffer. */
export const bytes = scalar<Uint8Array>('bytes')

/** Record batches: a view on the received buffer when read; written without being copied. */
export const records = <const O extends FieldOptions = None>(
  options?: O,
): Made<Uint8Array, RecordsInput, O> => ({ kind: 'records', options: options ?? {} })

export const array = <R, W, const O extends FieldOptions = None>(
  element: Field<R, W, boolean>,
  options?: O,
): Made<R[], readonly W[], O> => ({ kind: 'array', element, options: options ?? {} })

export const struct = <const F extends Fields, const O extends FieldOptions = None>(
  fields: F,
  options?: O,
): Made<ReadOf<F>, WriteOf<F>, O> => ({ kind: 'struct', fields, options: options ?? {} })
