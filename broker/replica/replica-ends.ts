import type { TopicImage } from '../metadata/image.ts'
import type { ImageChanges } from '../metadata/image-changes.ts'
import type { ReplicaLog } from './replica-log.ts'

/** Where the log of a replica ends, for the controller, while nobody leads its partition. */
export type ToldEnd = {
  readonly topicId: string
  readonly partition: number
  /** Of the partition, as it is known here. */
  readonly leaderEpoch: number
  /** Of the last record; -1 where there is none. */
  readonly lastEpoch: number
  readonly endOffset: number
}

export type LogOf = (
  topic: TopicImage,
  partition: number,
) => Pick<ReplicaLog, 'logEndOffset' | 'epochs'> | undefined

/**
 * What a broker tells of its logs: of partitions whose last members have all lost their seats, so that
 * the controller has to find out who has most (safety rules, case 3). They are few, or the power
 * failed everywhere; then some are told after others.
 */
export class ReplicaEndsToTell {
  readonly #brokerId: number
  readonly #logOf: LogOf
  readonly #byTopic = new Map<string, readonly ToldEnd[]>()

  constructor(brokerId: number, logOf: LogOf) {
    this.#brokerId = brokerId
    this.#logOf = logOf
  }

  /** To be called with each change that is acted on. @returns Whether there is something new to tell. */
  see({ topics }: Pick<ImageChanges, 'topics'>): boolean {
    let isNews = false
    for (const { before, after } of topics) {
      if (before !== undefined) this.#byTopic.delete(before.id)
      const ends = after === undefined ? [] : endsOf(after, this.#brokerId, this.#logOf)
      if (after === undefined || ends.length === 0) continue
      this.#byTopic.set(after.id, ends)
      isNews = true
    }
    return isNews
  }

  /** At most `mostAtOnce`. */
  get told(): readonly ToldEnd[] {
    const told: ToldEnd[] = []
    for (const ends of this.#byTopic.values()) {
      told.push(...ends.slice(0, mostAtOnce - told.length))
      if (told.length === mostAtOnce) break
    }
    return told
  }
}

function endsOf(topic: TopicImage, brokerId: number, logOf: LogOf): ToldEnd[] {
  const { id: topicId, partitions } = topic
  const ends: ToldEnd[] = []
  for (let partition = 0; partition < partitions.count; partition++) {
    if (partitions.leader(partition) !== -1) continue
    const { isr, elr, lastKnownElr, leaderEpoch } = partitions.at(partition)
    if (isr.length > 0 || elr.length > 0 || !lastKnownElr.includes(brokerId)) continue
    const log = logOf(topic, partition)
    if (log === undefined) continue
    const lastEpoch = log.epochs?.latest?.epoch ?? -1
    ends.push({ topicId, partition, leaderEpoch, lastEpoch, endOffset: log.logEndOffset })
  }
  return ends
}

/** Some 40 KB of a heartbeat. */
const mostAtOnce = 1_000
