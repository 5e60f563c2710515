/**
 * Says what must be true here if our own code is right, and stops before a wrong byte is written
 * if it is not. Stays on in production.
 *
 * @param message What was expected, in the words of whoever reads the crash.
 * @throws {InvariantError} Nobody catches it: the process ends and the state on disk is read anew.
 */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantError(message)
}

class InvariantError extends Error {
  override readonly name = 'InvariantError'
}
