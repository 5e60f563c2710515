import type { Part } from '../../broker/protocol/schema/fields.ts'

/** The bytes of parts that all lie in memory, one behind the other. */
export function toBytes(parts: readonly Part[]): Buffer {
  return Buffer.concat(
    parts.map((part) => {
      if (part instanceof Uint8Array) return part
      throw new Error('a range of a file lies in no memory')
    }),
  )
}
