/** Nothing can be told, in one line that says why not. */
export class WhyError extends Error {
  override readonly name = 'WhyError'
}
