import { CorruptFileError, type SmallFile } from './corrupt-file-error.ts'

/** @throws {CorruptFileError} if the bytes are not UTF-8. */
function textOf(file: SmallFile, bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch (error) {
    throw new CorruptFileError(file, 'is not UTF-8', { cause: error })
  }
}

export function toUtf8(text: string): Uint8Array {
  return encoder.encode(text)
}

/** The lines as Java's BufferedReader has them: none for what follows the last line end. */
export function linesOf(file: SmallFile, bytes: Uint8Array): string[] {
  const lines = textOf(file, bytes).split(/\r\n|\n|\r/)
  if (lines.at(-1) === '') lines.pop()
  return lines
}

/** @throws {CorruptFileError} if it is no whole number from 0 to 2^53 - 1 without a sign. */
export function parseCount(file: SmallFile, text: string, line?: number): number {
  const value = /^\d{1,19}$/.test(text) ? Number(text) : Number.NaN
  if (Number.isSafeInteger(value)) return value
  const message = `${JSON.stringify(text)} is no number from 0 on`
  throw new CorruptFileError(file, message, line === undefined ? {} : { line })
}

/**
 * What a file says that holds one JSON object, with `version` 0.
 *
 * @throws {CorruptFileError} if it is anything else.
 */
export function objectOf(file: SmallFile, bytes: Uint8Array): { readonly [name: string]: unknown } {
  const content = parseJson(file, textOf(file, bytes))
  if (typeof content !== 'object' || content === null) {
    throw new CorruptFileError(file, 'is no JSON object')
  }
  const { version, ...said } = content as { [name: string]: unknown }
  if (version === 0) return said
  throw new CorruptFileError(file, `version ${JSON.stringify(version)} is not known, only 0`)
}

function parseJson(file: SmallFile, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new CorruptFileError(file, 'is no JSON', { cause: error })
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const encoder = new TextEncoder()
