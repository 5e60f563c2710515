/** The way to a field: names of an object's fields, keys of a map, places in a list. */
export type Path = readonly (string | number)[]

/** Something in a resource that its owner has to change. */
export type Problem = {
  readonly path: Path
  /** The same as text: `spec.brokers.replicas`, `spec.config[retention.ms]`, `spec.listeners[0].port` */
  readonly field: string
  /** CamelCase and stable: one of `Reason`, or that of a rule. */
  readonly reason: string
  /** What is wrong, what was found, and what to change. Follows the name of the field. */
  readonly message: string
}

/** The reasons that any field may have. Rules bring their own. */
export type Reason =
  | 'Required'
  | 'UnknownField'
  | 'WrongType'
  | 'TooSmall'
  | 'TooLarge'
  | 'TooShort'
  | 'TooLong'
  | 'InvalidFormat'
  | 'NotSupported'
  | 'Duplicate'
  | 'Immutable'

export function problem(path: Path, reason: string, message: string): Problem {
  return { path, field: fieldText(path), reason, message }
}

/** As Kubernetes writes it: what is no plain name stands in brackets. */
function fieldText(path: Path): string {
  let text = ''
  for (const step of path) {
    const plain = typeof step === 'string' && /^[a-zA-Z][a-zA-Z0-9]*$/.test(step)
    if (!plain) text += `[${step}]`
    else text += text === '' ? step : `.${step}`
  }
  return text
}
