/** A spec that cannot be carried out, in words its owner can act on. Shown, and tried again on a change. */
export class ReconcileError extends Error {
  override readonly name = 'ReconcileError'
  /** CamelCase and stable, since people alert on it. */
  readonly reason: string

  /** @param message Says what is wrong, what was found, and what to change. */
  constructor(reason: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
  }
}
