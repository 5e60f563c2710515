import { CorruptFileError } from './corrupt-file-error.ts'
import { textOf, toUtf8 } from './text-file.ts'

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
  const content = parse(textOf(file, bytes))
  if (typeof content !== 'object' || content === null) {
    throw new CorruptFileError(file, 'is no JSON object')
  }
  const { version, brokerEpoch } = content as { version?: unknown; brokerEpoch?: unknown }
  if (version !== 0) {
    throw new CorruptFileError(file, `version ${JSON.stringify(version)} is not known, only 0`)
  }
  if (Number.isSafeInteger(brokerEpoch)) return { brokerEpoch: brokerEpoch as number }
  throw new CorruptFileError(file, 'has no broker epoch')
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new CorruptFileError(file, 'is no JSON', { cause: error })
  }
}
