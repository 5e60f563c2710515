/**
 * The hash by which Kafka's clients find the partition of a key, as an int32.
 *
 * @see org.apache.kafka.common.utils.Utils.murmur2
 */
export function murmur2(bytes: Uint8Array): number {
  const { length } = bytes
  const wholeEnd = length & ~3
  let hash = seed ^ length
  for (let at = 0; at < wholeEnd; at += 4) {
    let word = byte(at) | (byte(at + 1) << 8) | (byte(at + 2) << 16) | (byte(at + 3) << 24)
    word = Math.imul(word, multiplier)
    word ^= word >>> 24
    hash = Math.imul(hash, multiplier) ^ Math.imul(word, multiplier)
  }
  for (let at = length - 1; at >= wholeEnd; at--) hash ^= byte(at) << (8 * (at - wholeEnd))
  if (wholeEnd < length) hash = Math.imul(hash, multiplier)
  hash ^= hash >>> 13
  hash = Math.imul(hash, multiplier)
  return hash ^ (hash >>> 15)

  function byte(at: number): number {
    return bytes[at] as number
  }
}

const seed = 0x9747b28c | 0
const multiplier = 0x5bd1e995
