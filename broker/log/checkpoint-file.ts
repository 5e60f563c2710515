import { CorruptFileError, type SmallFile } from './corrupt-file-error.ts'
import { linesOf, parseCount, toUtf8 } from './text-file.ts'

/** Kafka's CheckpointFile: a version, the number of entries, and an entry on each line. */
export function encodeCheckpoint(entries: readonly string[]): Uint8Array {
  return toUtf8([version, entries.length, ...entries, ''].join('\n'))
}

/**
 * @param parse Makes an entry of the words of its line.
 * @returns None for a file without lines: Kafka makes such files before it has anything to write.
 * @throws {CorruptFileError} where Kafka would take the directory offline.
 */
export function decodeCheckpoint<T>(
  file: SmallFile,
  bytes: Uint8Array,
  { words, parse }: { words: number; parse: (words: string[], line: number) => T },
): T[] {
  const [versionLine, countLine, ...rest] = linesOf(file, bytes)
  if (versionLine === undefined) return []
  const found = parseCount(file, versionLine, 1)
  if (found !== version) {
    throw new CorruptFileError(file, `version ${found} is not known, only ${version}`, { line: 1 })
  }
  if (countLine === undefined) return []
  const count = parseCount(file, countLine, 2)
  const entries = rest.map((text, index) => {
    const line = index + linesBefore
    const parts = text.trimEnd().split(/\s+/)
    if (parts.length === words && parts[0] !== '') return parse(parts, line)
    throw new CorruptFileError(file, `${JSON.stringify(text)} is not ${words} words`, { line })
  })
  if (entries.length === count) return entries
  throw new CorruptFileError(file, `has ${entries.length} entries and says it has ${count}`)
}

const version = 0
/** The number of the first entry's line. */
const linesBefore = 3
