import { ProtocolError } from '../protocol-error.ts'

/**
 * Text in UTF-8. A call into Node's own decoder costs about 100 ns however short the text is, and
 * most texts of the protocol are short names that come again and again: topics, hosts, client ids.
 * So short ones are looked up by their bytes first: a third less time for a Produce request of ten
 * topics, and equal names become the same string, which is found in a Map without being compared.
 */
const maxKnownBytes = 24
const knownTexts = 4096

// A cache and nothing else: what it holds changes no result. Few hundred KB at most, since it has
// a fixed number of places for short texts; a peer that sends many only evicts.
const known: (string | undefined)[] = new Array(knownTexts)

/** The most bytes that a text has in any message. */
export const maxTextBytes = 32_767

/**
 * Reads text; bytes that are no UTF-8 become U+FFFD, as Kafka has it.
 *
 * @throws {ProtocolError} InvalidLength, if it takes more than `maxTextBytes` by that: nobody could
 *   write it again, into an answer or a record.
 */
export function readText(bytes: Buffer, start: number, end: number): string {
  const length = end - start
  if (length > maxKnownBytes) {
    const text = bytes.toString('utf8', start, end)
    if (length > maxTextBytes / replacementBytes) checkStillFits(text, length)
    return text
  }

  let hash = length
  for (let p = start; p < end; p++) hash = (Math.imul(hash, 31) + (bytes[p] as number)) | 0
  const slot = (hash ^ (hash >>> 12)) & (knownTexts - 1)
  const candidate = known[slot]
  if (candidate !== undefined && isText(candidate, bytes, start, length)) return candidate

  const text = bytes.toString('utf8', start, end)
  if (text.length === length) known[slot] = text // one byte a character: ASCII
  return text
}

function checkStillFits(text: string, length: number): void {
  if (Buffer.byteLength(text) <= maxTextBytes) return
  throw new ProtocolError('InvalidLength', `a text of ${length} bytes that are no UTF-8`)
}

/** Of U+FFFD, which one byte may become. */
const replacementBytes = 3

function isText(candidate: string, bytes: Buffer, start: number, length: number): boolean {
  if (candidate.length !== length) return false
  for (let i = 0; i < length; i++) if (candidate.charCodeAt(i) !== bytes[start + i]) return false
  return true
}

/** How many bytes a text takes. */
export function textBytes(text: string): number {
  const { length } = text
  if (length > maxLoopedLength) return Buffer.byteLength(text)
  for (let i = 0; i < length; i++) if (text.charCodeAt(i) > 0x7f) return Buffer.byteLength(text)
  return length
}

/** Writes text. @returns Where it ends. */
export function writeText(bytes: Buffer, position: number, text: string): number {
  const { length } = text
  if (length > maxLoopedLength) return position + bytes.write(text, position, 'utf8')
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i)
    if (code > 0x7f) return position + bytes.write(text, position, 'utf8')
    bytes[position + i] = code
  }
  return position + length
}

/** Up to here a loop over the characters is faster than a call into Node. */
const maxLoopedLength = 40
