import type { Random } from '../../lib/random.ts'

/**
 * A new id as Kafka writes them: 16 bytes as 22 characters of base64url. One that begins with a dash
 * would look like an option on a command line, so there is none (Kafka's Uuid.randomUuid).
 */
export function newUuid(random: Pick<Random, 'bytes'>): string {
  for (;;) {
    const uuid = Buffer.from(random.bytes(16)).toString('base64url')
    if (!uuid.startsWith('-')) return uuid
  }
}
