/** Compressed bytes that cannot be, or may not be, decompressed. */
export class DecompressionError extends Error {
  override readonly name = 'DecompressionError'
  readonly reason: 'Corrupt' | 'TooLarge'

  constructor(reason: DecompressionError['reason'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
  }
}
