/**
 * One record as read. Key, value and headers are views of the bytes they were read from (never
 * Buffers): copy what outlives those. Header keys are bytes because nothing makes clients send
 * UTF-8, and a rewritten record must keep them as they are.
 */
export type LogRecord = {
  readonly offset: number
  /** Milliseconds since 1970, or -1 for none. */
  readonly timestamp: number
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: readonly RecordHeader[]
}

/** Keys may repeat; their order counts. */
export type RecordHeader = { readonly key: Uint8Array; readonly value: Uint8Array | null }
