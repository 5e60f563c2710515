/**
 * A setting of Kafka's: a text under a name. Its type, default and bounds are Kafka's own, read out
 * of its jars (`generated/config-defaults.ts`); what it means and what kavka makes of it is ours.
 */

/** What Kafka itself says of a setting. */
export type KafkaSetting = {
  readonly type: SettingType
  /** As Kafka prints it; null for none. Left out: it must be given. */
  readonly default?: string | null
  /** Least and greatest, inclusive. */
  readonly min?: number
  readonly max?: number
  /** A number outside of the bounds that is allowed too. */
  readonly also?: number
  /** All the words there are, of a string or of the members of a list. */
  readonly values?: readonly string[]
  readonly ignoreCase?: true
}
export type SettingType =
  | 'boolean'
  | 'string'
  | 'short'
  | 'int'
  | 'long'
  | 'double'
  | 'list'
  | 'class'
  | 'password'

/**
 * What kavka makes of a setting.
 *
 * - `honoured`: it does what Kafka's documentation says.
 * - `planned`: it has no effect yet.
 * - `accepted`: it has no effect, since kavka has nothing it could set, and Kafka's tools set it.
 * - `owned`: kavka sets it by itself, and refuses it from others.
 */
export type Support = 'honoured' | 'planned' | 'accepted' | 'owned'

/** What we say of a setting. */
export type About = {
  readonly unit?: 'ms' | 'minutes' | 'hours' | 'bytes' | 'bytes/s'
  readonly support: Support
  /** What to do instead, of one that kavka owns. */
  readonly instead?: string
  readonly doc: string
}

export type Setting = KafkaSetting &
  About & {
    /** Where its meaning is written down. */
    readonly source: string
  }
export type Settings = { readonly [name: string]: Setting }

/** The type of a setting's value once its text is read. */
export type ValueOf<S extends KafkaSetting> =
  | TextValueOf<S>
  | (S extends { readonly default: null } ? null : never)

type TextValueOf<S extends KafkaSetting> = S['type'] extends 'boolean'
  ? boolean
  : S['type'] extends 'short' | 'int' | 'long' | 'double'
    ? number
    : S['type'] extends 'list'
      ? readonly Words<S>[]
      : Words<S>
type Words<S extends KafkaSetting> = S extends { readonly values: readonly (infer Word)[] }
  ? Word
  : string
