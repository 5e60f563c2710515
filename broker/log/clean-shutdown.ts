import { CorruptFileError } from './corrupt-file-error.ts'
import { objectOf, toUtf8 } from './text-file.ts'

const file = '.kafka_cleanshutdown'

/**
 * That the file is there says that all logs of the directory were closed in order. What is in it
 * shows the controller that this is the broker it knew by that epoch, so that it keeps its place in
 * the ISR and ELR (KIP-966).
 */
export function encodeCleanShutdown({ brokerEpoch }: { brokerEpoch: number }): Uint8Array {
  return toUtf8(JSON.stringify({ version: 0, brokerEpoch }))
}

/**
 * @returns No epoch for an empty file, as Kafka wrote it before 3.7.
 * @throws {CorruptFileError} for anything else. The logs were closed all the same; only the broker
 *   epoch is not known, which is how Kafka takes it.
 */
export function decodeCleanShutdown(bytes: Uint8Array): { brokerEpoch?: number } {
  if (bytes.length === 0) return {}
  const { brokerEpoch } = objectOf(file, bytes)
  if (Number.isSafeInteger(brokerEpoch)) return { brokerEpoch: brokerEpoch as number }
  throw new CorruptFileError(file, 'has no broker epoch')
}
