import { type CompressionCodec, DecompressionError, decompress } from '../../../lib/compression.ts'
import { KafkaError } from '../errors.ts'

/**
 * Bytes that may still come out of compressed batches. Made for a request or a pass over the log
 * and shared by all that is read in it, so that a small request cannot take all memory.
 */
export type DecompressionBudget = { remainingBytes: number }

/**
 * Decompresses the records of a batch and takes their size off the budget.
 *
 * @throws {KafkaError} CORRUPT_MESSAGE, or MESSAGE_TOO_LARGE beyond the budget: the Java producer
 *   answers that by splitting the batch.
 */
export function decompressWithin(
  budget: DecompressionBudget,
  compression: CompressionCodec,
  bytes: Uint8Array,
): Uint8Array {
  try {
    const records = decompress(compression, bytes, budget.remainingBytes)
    budget.remainingBytes -= records.length
    return records
  } catch (error) {
    if (!(error instanceof DecompressionError)) throw error
    const code = error.reason === 'TooLarge' ? 'MESSAGE_TOO_LARGE' : 'CORRUPT_MESSAGE'
    throw new KafkaError(code, error.message, { cause: error })
  }
}
