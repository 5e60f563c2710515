import type { MetadataImage } from '../../broker/metadata/image.ts'
import { topicNamed } from '../../broker/metadata/image.ts'
import { nearest } from '../../lib/nearest.ts'
import { counted } from '../../lib/wording.ts'
import type { HistoryEntry } from '../../operator/controller/history/entry.ts'
import { partitionHistory } from '../../operator/controller/history/partition-history.ts'
import type { Failover } from '../../operator/controller/timeline/failover.ts'
import type { KnownLog } from './known-log.ts'
import { WhyError } from './why-error.ts'

export type TopicHistory = {
  /** Of the metadata log: nothing is known of what was before. */
  readonly sinceOffset: number
  /** The oldest first. */
  readonly entries: readonly ToldEntry[]
}

export type ToldEntry = HistoryEntry & {
  /** Whose part it is, where that was noted. */
  readonly failover: Failover | undefined
}

/** Pure. @throws {WhyError} There is no such topic or partition, and was none. */
export function topicHistory(
  { cluster, log, failovers }: KnownLog,
  { topic, partition }: { topic: string; partition: number | undefined },
): TopicHistory {
  const { snapshot, batches, state } = log
  const of = { before: snapshot.image, topic }
  const entries = partitionHistory(batches, partition === undefined ? of : { ...of, partition })
  const images = [snapshot.image, state.image]
  if (entries.length === 0 && images.every((image) => topicNamed(image, topic) === undefined)) {
    throw new WhyError(unknownTopic(cluster, topic, state.image))
  }
  if (partition !== undefined && !entries.some((entry) => entry.partition === partition)) {
    const counts = images.map((image) => topicNamed(image, topic)?.partitions.count ?? 0)
    if (counts.every((count) => count <= partition)) {
      const has = counted(counts.at(-1) ?? 0, 'partition')
      throw new WhyError(`topic ${topic} has ${has}, and partition ${partition} is none of them`)
    }
  }
  const told = entries.map((entry) => ({ ...entry, failover: failoverOf(entry, failovers) }))
  return { sinceOffset: snapshot.offset, entries: told }
}

function failoverOf(entry: HistoryEntry, failovers: readonly Failover[]): Failover | undefined {
  if (entry.partition === undefined) return undefined
  if (entry.changes.every(({ what }) => what !== 'leader')) return undefined
  return failovers.find(({ controllerEpoch, offset, endOffset }) => {
    if (controllerEpoch !== entry.controllerEpoch) return false // of another log with these offsets
    return entry.offset >= offset && entry.offset < endOffset
  })
}

function unknownTopic(cluster: string, topic: string, { topicIds }: MetadataImage): string {
  const meant = nearest(topic, topicIds.keys())
  const guess = meant === undefined ? '' : `; did you mean ${meant}?`
  return `KafkaCluster ${cluster} has no topic ${topic}${guess}`
}
