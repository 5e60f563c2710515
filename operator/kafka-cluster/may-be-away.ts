import type { MetadataImage, TopicImage } from '../../broker/metadata/image.ts'

/**
 * Which brokers may be started anew: those that no partition misses for a while. As long as one replica is
 * not in sync, no broker may but that replica's own: whoever was started anew before has to be back in every
 * ISR, or a partition would be left with one copy, or below `min.insync.replicas`. What has so few replicas
 * that it cannot do without one is not asked: it never could.
 *
 * Pure.
 */
export function mayBeAway(image: MetadataImage): (brokerId: number) => boolean {
  const missing = notInSync(image)
  return (brokerId) => missing.size === 0 || (missing.size === 1 && missing.has(brokerId))
}

/**
 * Brokers that have a replica which is not in sync. One that is only being added counts for nothing yet, and
 * a partition that nobody leads has nothing to lose.
 */
export function notInSync({ topics }: MetadataImage): ReadonlySet<number> {
  const missing = new Set<number>()
  for (const topic of topics.values()) {
    for (const brokerId of outOfSync(topic)) missing.add(brokerId)
  }
  return missing
}

/** Pure; of a topic that did not change it is not looked for again. */
function outOfSync(topic: TopicImage): readonly number[] {
  const found = known.get(topic) ?? look(topic)
  known.set(topic, found)
  return found
}

function look({ partitions }: TopicImage): readonly number[] {
  const missing = new Set<number>()
  for (let partition = 0; partition < partitions.count; partition++) {
    if (partitions.leader(partition) < 0) continue
    const { replicas, isr, addingReplicas } = partitions.at(partition)
    if (isr.length === replicas.length) continue
    for (const id of replicas) {
      if (!isr.includes(id) && !addingReplicas.includes(id)) missing.add(id)
    }
  }
  return [...missing]
}

const known = new WeakMap<TopicImage, readonly number[]>()
