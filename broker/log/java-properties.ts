import { CorruptFileError, type SmallFile } from './corrupt-file-error.ts'
import { linesOf } from './text-file.ts'

/**
 * Reads what java.util.Properties writes: comments, the three separators, escapes, and lines that
 * go on after a backslash. A later value of the same key counts.
 *
 * @throws {CorruptFileError} if the file is not UTF-8, or an escape of a character is not one.
 */
export function decodeProperties(file: SmallFile, bytes: Uint8Array): Map<string, string> {
  const properties = new Map<string, string>()
  const lines = linesOf(file, bytes)
  for (let index = 0; index < lines.length; index++) {
    const line = index + 1
    let text = trimStart(lines[index] as string)
    if (text === '' || text.startsWith('#') || text.startsWith('!')) continue
    while (goesOn(text)) text = text.slice(0, -1) + trimStart(lines[++index] ?? '')

    // A key ends at the first separator without a backslash; around = or : there may be spaces.
    const [, key = '', value = ''] = property.exec(text) ?? []
    properties.set(unescape(file, key, line), unescape(file, value, line))
  }
  return properties
}

/** @returns A line that Java reads as this key and value, with a line end. */
export function encodeProperty(key: string, value: string): string {
  return `${key}=${value.replace(/^ /, '\\ ').replace(/[\\:=#!\t\n\r\f]/g, escapeOf)}\n`
}

const property = /^((?:\\.|[^\\=: \t\f])*)[ \t\f]*[=:]?[ \t\f]*(.*)$/s

function goesOn(text: string): boolean {
  return ((/\\+$/.exec(text)?.[0].length ?? 0) & 1) === 1
}

function trimStart(text: string): string {
  return text.replace(/^[ \t\f]+/, '')
}

function unescape(file: SmallFile, text: string, line: number): string {
  return text.replace(/\\(u[\dA-Fa-f]{4}|.)/gs, (_, escape: string) => {
    if (escape.length > 1) return String.fromCharCode(Number.parseInt(escape.slice(1), 16))
    if (escape === 'u') throw new CorruptFileError(file, 'an escape is not one', { line })
    return named[escape] ?? escape
  })
}

function escapeOf(character: string): string {
  return `\\${Object.entries(named).find(([, value]) => value === character)?.[0] ?? character}`
}

const named: Record<string, string> = { t: '\t', n: '\n', r: '\r', f: '\f' }
