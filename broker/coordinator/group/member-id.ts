import type { Random } from '../../../lib/random.ts'

/**
 * An id that no other member has: `prefix`, a dash, and a random uuid as text. The prefix is what
 * people know the member by, its client id or its group instance id, as in Kafka.
 */
export function newMemberId(prefix: string, random: Random): string {
  const bytes = Buffer.from(random.bytes(16))
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6) // version 4 of RFC 9562
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  const hex = bytes.toString('hex')
  const ends = [8, 12, 16, 20, 32]
  return [prefix, ...ends.map((end, index) => hex.slice(ends[index - 1] ?? 0, end))].join('-')
}
