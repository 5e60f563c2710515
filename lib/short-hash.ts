import { createHash } from 'node:crypto'

/** Ten hex digits that differ where texts do: for names, not for secrets. */
export function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 10)
}
