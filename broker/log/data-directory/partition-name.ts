export type TopicPartition = { readonly topic: string; readonly partition: number }

/** How Kafka names the directory of a partition: `orders-0`. */
export function partitionName({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`
}

/** @returns Undefined for a name that is none of a partition. */
export function parsePartitionName(name: string): TopicPartition | undefined {
  const [, topic, digits] = partitionPattern.exec(name) ?? []
  const partition = Number(digits)
  if (topic === undefined || topic === '.' || topic === '..') return undefined
  return partition <= maxPartition ? { topic, partition } : undefined
}

/** What lies beside the partitions: `orders-0.<id>-stray` was set aside, `-delete` is to go. */
export type Leftover = {
  readonly directory: string
  readonly kind: 'stray' | 'delete'
  /** Of the topic it belonged to, in what we set aside; Kafka has any unique id there. */
  readonly id: string
}

/** The topic is cut off where the name would be too long for a file system, as Kafka does it. */
export function leftoverName(
  { topic, partition }: TopicPartition,
  { id, kind }: Pick<Leftover, 'id' | 'kind'>,
): string {
  const end = `-${partition}.${id}-${kind}`
  return `${topic.slice(0, maxNameLength - end.length)}${end}`
}

export function parseLeftoverName(name: string): Leftover | undefined {
  const [, id, kind] = leftoverPattern.exec(name) ?? []
  if (id === undefined) return undefined
  return { directory: name, kind: kind as Leftover['kind'], id }
}

const maxPartition = 2 ** 31 - 1
const maxNameLength = 255
const partitionPattern = /^([\w.-]{1,249})-(0|[1-9]\d{0,9})$/
/** An id has no dot, though a topic may; one that was set aside again has a number behind it. */
const leftoverPattern = /^\S+-\d+\.([\w-]+?)(?:\.\d+)?-(stray|delete)$/
