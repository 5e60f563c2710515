import { configTypes } from '../protocol/config/resource-types.ts'
import {
  type BrokerImage,
  type ConfigImage,
  type ConfigResource,
  type MetadataImage,
  type TopicImage,
} from './image.ts'
import { differences } from './persistent-map.ts'

/** What is not the same in two images, for whoever has to act on it. */
export type ImageChanges = {
  readonly topics: readonly TopicChange[]
  readonly brokers: readonly Change<BrokerImage>[]
  readonly configs: readonly ConfigResource[]
  readonly features: boolean
  /** Another controller took over. */
  readonly controller: boolean
}

/** Before undefined: new. After undefined: gone. */
export type Change<T> = { readonly before: T | undefined; readonly after: T | undefined }

export type TopicChange = Change<TopicImage> & {
  /** The partitions that are new, gone or not the same. None where only the owner changed. */
  readonly partitions: readonly number[]
  /**
   * Whether a topic that is gone is known to have been removed, so that its data may be deleted.
   * Absence alone proves nothing: a log that was restored may lack topics that are alive.
   */
  readonly removed: boolean
}

/** Of topics that are new, gone or not the same, their settings included. */
export function changedTopicNames({ topics, configs }: ImageChanges): ReadonlySet<string> {
  const own = topics.map((change) => ((change.after ?? change.before) as TopicImage).name)
  const configured = configs.filter(({ type }) => type === configTypes.topic)
  return new Set([...own, ...configured.map(({ name }) => name)])
}

/**
 * What changed from one image to a later one, or to one that was made from a snapshot. A topic that
 * was removed and made again under its name is gone under its old id and new under another.
 *
 * Of two images of which one was made from the other it looks only at what they do not share.
 */
export function imageChanges(before: MetadataImage, after: MetadataImage): ImageChanges {
  return {
    topics: topicChanges(before, after),
    brokers: [...differences(before.brokers, after.brokers)].filter((change) => {
      return plain(change.before) !== plain(change.after)
    }),
    configs: [...differences(before.configs, after.configs)].flatMap((change) => {
      if (plain(change.before) === plain(change.after)) return []
      return [((change.after ?? change.before) as ConfigImage).resource]
    }),
    features: plain(before.features) !== plain(after.features),
    controller: before.controller.incarnationId !== after.controller.incarnationId,
  }
}

function topicChanges(before: MetadataImage, after: MetadataImage): TopicChange[] {
  const changes: TopicChange[] = []
  let removedIds: ReadonlySet<string> | undefined
  for (const { before: old, after: now } of differences(before.topics, after.topics)) {
    const partitions = partitionChanges(old, now)
    if (old !== undefined && now !== undefined) {
      if (partitions.length === 0 && plain(old.owner) === plain(now.owner)) continue
    }
    if (old !== undefined && now === undefined) {
      removedIds ??= new Set(after.removedTopics.map(({ id }) => id))
    }
    const removed = now === undefined && removedIds?.has((old as TopicImage).id) === true
    changes.push({ before: old, after: now, partitions, removed })
  }
  return changes
}

function partitionChanges(old: TopicImage | undefined, now: TopicImage | undefined): number[] {
  if (old !== undefined && now !== undefined) return now.partitions.differences(old.partitions)
  const { count } = ((now ?? old) as TopicImage).partitions
  return Array.from({ length: count }, (_, partition) => partition)
}

/** For comparing; objects that say the same come here only where a snapshot was read. */
function plain(value: unknown): string | undefined {
  return JSON.stringify(value, (_, inner) => {
    return inner instanceof Map ? [...inner].sort(([a], [b]) => (a < b ? -1 : 1)) : inner
  })
}
