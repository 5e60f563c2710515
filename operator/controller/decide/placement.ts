import type { MetadataImage } from '../../../broker/metadata/image.ts'

/**
 * Which broker gets each of some new partitions of one replica: those that lead least, in turn, so
 * that a topic is spread evenly and so is the cluster.
 *
 * Three brokers that lead 4, 2 and 2, five new partitions: to the second, the third, then (all have
 * 3 or 4) the second, the third, and the first or whoever has least. Equal ones by id.
 *
 * @returns Broker ids, one for each partition; undefined if there is no broker that could.
 */
export function placePartitions(image: MetadataImage, count: number): number[] | undefined {
  const load = new Map<number, number>()
  for (const broker of image.brokers.values()) {
    if (!broker.fenced && !broker.inControlledShutdown) load.set(broker.id, 0)
  }
  if (load.size === 0) return undefined
  for (const { partitions } of image.topics.values()) {
    for (let partition = 0; partition < partitions.count; partition++) {
      for (const id of partitions.at(partition).replicas) {
        const own = load.get(id)
        if (own !== undefined) load.set(id, own + 1)
      }
    }
  }
  return Array.from({ length: count }, () => {
    const [id, own] = [...load].reduce((least, other) => {
      return other[1] < least[1] || (other[1] === least[1] && other[0] < least[0]) ? other : least
    })
    load.set(id, own + 1)
    return id
  })
}
