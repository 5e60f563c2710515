/** What fields of one object say together, or an object and what it was before. */
export type Rules<Self> = {
  readonly always?: readonly Rule<Self>[]
  /** Asked only of a change. */
  readonly onChange?: readonly Transition<Self>[]
}

type Told = {
  /** CamelCase and stable, since people alert on it. */
  readonly reason: string
  /** The field below the object that it is told of. Left out: the object. */
  readonly at?: readonly string[]
  /** What must be, and what to do if it is not. Follows the name of the field. */
  readonly says: string
  /** What was found, as CEL's `format` takes it: a text with `%s` and `%d`, then what they stand for. */
  readonly foundCel?: readonly [string, ...string[]]
}

export type Rule<Self> = Told & {
  /** The same for an API server. @see https://kubernetes.io/docs/reference/using-api/cel/ */
  readonly cel: string
  /** Asked only where each field for itself is right, and defaults are filled in. */
  holds(self: Self): boolean
  /** What was found. */
  found?(self: Self): string
}

export type Transition<Self> = Told & {
  /** With `oldSelf` for what it was. */
  readonly cel: string
  holds(self: Self, old: Self): boolean
  found?(self: Self, old: Self): string
}

/** What an API server is told of a rule. */
export type CelRule = Told & { readonly cel: string }
