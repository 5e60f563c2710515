/** "a, b or c" */
export function oneOf(words: readonly string[]): string {
  if (words.length < 2) return words.join('')
  return `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
}

/** "1 record", "2 records" */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}

/** Somebody else's text for a message of one line: in quotes, and no longer than is needed to know it. */
export function quoted(text: string): string {
  const line = text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]/gu, ' ')
  return line.length <= 60 ? `"${line}"` : `"${line.slice(0, 57)}..."`
}
