import { KafkaError } from '../protocol/errors.ts'
import { baseOffsetOf } from '../protocol/records/header.ts'
import { validateBatch } from '../protocol/records/validate.ts'

/** Whether the batch at `start` is whole, with a good CRC, and begins at `notBefore` or behind. */
export function isGoodBatch(bytes: Uint8Array, start: number, notBefore: number): boolean {
  try {
    validateBatch(bytes, start)
    return baseOffsetOf(bytes, start) >= notBefore
  } catch (error) {
    if (error instanceof KafkaError) return false
    throw error
  }
}
