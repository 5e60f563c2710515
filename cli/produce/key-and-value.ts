import { ClientError } from '../client/client-error.ts'

/**
 * The key and the value that a line has.
 *
 * @param separator Undefined where lines have no keys.
 * @throws {ClientError} It is not in the line.
 */
export function keyAndValue(
  line: Uint8Array,
  separator: Buffer | undefined,
  lineNumber: number,
): { key: Uint8Array | null; value: Uint8Array } {
  if (separator === undefined) return { key: null, value: line }
  const at = Buffer.from(line.buffer, line.byteOffset, line.byteLength).indexOf(separator)
  if (at < 0) throw new ClientError(`line ${lineNumber} has no key separator '${separator}'`)
  return { key: line.subarray(0, at), value: line.subarray(at + separator.length) }
}
