/** Which partition of `__consumer_offsets` a group has, as in every Kafka. */
export function partitionOfGroup(group: string, partitions: number): number {
  const hash = javaHash(group)
  // As Kafka's Utils.abs: the least int has no positive counterpart.
  return hash === leastInt ? 0 : Math.abs(hash) % partitions
}

/** Java's `String.hashCode`: over UTF-16 units, in 32 bits. */
function javaHash(text: string): number {
  let hash = 0
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0
  return hash
}

const leastInt = -(2 ** 31)
