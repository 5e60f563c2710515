import type { Random } from '../../lib/random.ts'

/** A new id as Kafka makes them: a random UUID, and none that a command line takes for an option. */
export function newUuid(random: Pick<Random, 'bytes'>): string {
  for (;;) {
    const bytes = Buffer.from(random.bytes(16))
    bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40 // version 4
    bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80 // variant of RFC 4122
    const id = bytes.toString('base64url')
    if (!id.startsWith('-')) return id
  }
}
