import { KafkaError } from '../errors.ts'
import { batchEndOf, batchLengthOf, magicOf } from './header.ts'
import { at, headerSizeBytes, logOverheadBytes } from './layout.ts'

/**
 * Finds the batches in fetched bytes, one behind the other. A batch that is cut off at the end is
 * left out: Fetch may answer with one. Looks at lengths and magic only.
 *
 * @returns The start of each whole batch in `bytes`, in their order.
 * @throws {KafkaError} As `wholeBatchEnd` does, when it comes to such a batch.
 */
export function* batchStarts(bytes: Uint8Array, start = 0): Generator<number> {
  let position = start
  for (;;) {
    const end = wholeBatchEnd(bytes, position)
    if (end === undefined) return
    yield position
    position = end
  }
}

/**
 * @returns Where the batch at `start` ends, or undefined if `bytes` ends before that.
 * @throws {KafkaError} UNSUPPORTED_FOR_MESSAGE_FORMAT for magic 0 or 1, CORRUPT_MESSAGE for any
 *   other but 2, or a length that no batch has.
 */
export function wholeBatchEnd(bytes: Uint8Array, start = 0): number | undefined {
  if (bytes.length - start <= at.magic) return undefined
  checkMagic(magicOf(bytes, start))
  const length = batchLengthOf(bytes, start)
  if (length < headerSizeBytes - logOverheadBytes) {
    throw new KafkaError('CORRUPT_MESSAGE', `a batch cannot have a length of ${length}`)
  }
  const end = batchEndOf(bytes, start)
  return end > bytes.length ? undefined : end
}

function checkMagic(magic: number): void {
  if (magic === 2) return
  if (magic === 0 || magic === 1) {
    throw new KafkaError(
      'UNSUPPORTED_FOR_MESSAGE_FORMAT',
      `message format ${magic} is not read any more (KIP-724): send record batches of magic 2`,
    )
  }
  throw new KafkaError('CORRUPT_MESSAGE', `there is no message format ${magic}`)
}
