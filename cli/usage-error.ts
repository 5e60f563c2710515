/** A command line that cannot be carried out, in one line that says what to change. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
