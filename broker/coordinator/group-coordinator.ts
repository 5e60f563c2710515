import type { Clock, Timer } from '../../lib/clock.ts'
import type { Logger } from '../../lib/logger.ts'
import { emptyImage, type MetadataImage, type TopicImage, topicNamed } from '../metadata/image.ts'
import type { ImageChanges } from '../metadata/image-changes.ts'
import { offsetsTopic } from '../metadata/internal-topics.ts'
import type { Partitions } from '../partition/partitions.ts'
import { KafkaError } from '../protocol/errors.ts'
import { CoordinatedPartition } from './coordinated-partition.ts'
import type { CoordinatorSettings } from './coordinator-settings.ts'
import { CoordinatorState } from './coordinator-state.ts'
import type { CoordinatorPort, Decision } from './decision.ts'
import type { GroupMembership } from './membership.ts'
import type { DeletedTopics } from './offsets/forget-topics.ts'
import { partitionOfGroup } from './partition-of-group.ts'
import { type RunOptions, Shard } from './shard.ts'
import { tidyDeleted, tidyExpired } from './tidy-groups.ts'

export type GroupCoordinatorOptions = {
  readonly nodeId: number
  readonly partitions: Pick<Partitions, 'leaderOf'>
  readonly clock: Clock
  readonly log: Logger
  readonly settings: CoordinatorSettings
  readonly makeMembership: (port: CoordinatorPort) => GroupMembership
  /** Our own mistake where nobody waits. */
  readonly onFatal: (error: unknown) => void
}

/**
 * The groups of a broker: those of the partitions of `__consumer_offsets` that it leads. Each
 * partition has its own, and knows nothing of the others.
 */
export class GroupCoordinator {
  readonly settings: CoordinatorSettings
  readonly #options: GroupCoordinatorOptions
  readonly #led = new Map<number, CoordinatedPartition>()
  #image: MetadataImage = emptyImage
  /** One log is loaded after the other, so that the event loop is not held up by all at once. */
  #loading: Promise<void> = Promise.resolve()
  #expiry: Timer | undefined
  #isStopped = false

  constructor(options: GroupCoordinatorOptions) {
    this.#options = options
    this.settings = options.settings
  }

  /** Goes over to a later image, after the partitions have. */
  apply(changes: ImageChanges, image: MetadataImage): void {
    if (this.#isStopped) return
    const isFirst = this.#image === emptyImage
    this.#image = image
    const isOurs = changes.topics.some(({ before, after }) => {
      return (after ?? before)?.name === offsetsTopic
    })
    if (isFirst || isOurs) this.#follow(topicNamed(image, offsetsTopic))
    const gone = changes.topics.flatMap(({ before, removed }) => {
      return removed && before !== undefined ? [before] : []
    })
    if (gone.length === 0) return
    const deleted = deletedTopics(gone, { justNow: true })
    for (const shard of this.#active()) this.#forget(shard, deleted)
  }

  /** Where a group is coordinated: by who leads that partition of `__consumer_offsets`. */
  partitionOf(group: string): number {
    const count = topicNamed(this.#image, offsetsTopic)?.partitions.count
    return partitionOfGroup(group, count ?? this.settings.topic.partitions)
  }

  /**
   * Has a request for one group carried out: see `Shard.run`.
   *
   * @throws {KafkaError} COORDINATOR_LOAD_IN_PROGRESS, NOT_COORDINATOR, and as `Shard.run` does.
   */
  async run<R>(
    group: string,
    decide: (state: CoordinatorState) => Decision<R>,
    options?: RunOptions,
  ): Promise<R> {
    const led = this.#led.get(this.partitionOf(group))
    if (led === undefined) {
      throw new KafkaError('NOT_COORDINATOR', `group ${group} is not coordinated here`)
    }
    return led.shard.run(decide, options)
  }

  /**
   * Has it carried out for each partition that is led here; what could not be loaded is left out.
   *
   * @throws {KafkaError} COORDINATOR_LOAD_IN_PROGRESS of any, and as `Shard.run` does.
   */
  async runForAll<R>(decide: (state: CoordinatorState) => Decision<R>): Promise<R[]> {
    const answers = Array.from(this.#led.values(), async (led): Promise<R[]> => {
      try {
        return [await led.shard.run(decide)]
      } catch (error) {
        if (error instanceof KafkaError && error.code === 'NOT_COORDINATOR') return []
        throw error
      }
    })
    return (await Promise.all(answers)).flat()
  }

  /** Nothing is coordinated here any more: who waits is sent to look for another. */
  stop(): void {
    this.#isStopped = true
    this.#expiry?.cancel()
    this.#follow(undefined)
  }

  #follow(topic: TopicImage | undefined): void {
    const isLed = (index: number) => topic?.partitions.leader(index) === this.#options.nodeId
    const count = topic?.partitions.count ?? 0
    for (const [index, led] of this.#led) {
      const isThere = led.topicId === topic?.id && index < count && isLed(index)
      // In another epoch the log may be another, too.
      if (isThere && led.leaderEpoch === topic.partitions.leaderEpoch(index)) continue
      this.#led.delete(index)
      led.end(new KafkaError('NOT_COORDINATOR', 'groups of this partition are not here any more'))
    }
    for (let index = 0; index < count; index++) {
      if (isLed(index) && !this.#led.has(index)) this.#lead(topic as TopicImage, index)
    }
    if (this.#led.size > 0) this.#expireLater()
  }

  #lead({ id: topicId, name, partitions: all }: TopicImage, index: number): void {
    const { partitions, clock, log, makeMembership, onFatal } = this.#options
    const led = new CoordinatedPartition({
      topicId,
      index,
      leaderEpoch: all.leaderEpoch(index),
      clock,
      log,
      onFatal,
      open: () => partitions.leaderOf({ topicId, name }, index),
      makeShard: (partition, onUncertain) =>
        new Shard({
          index,
          partition,
          clock,
          commitTimeoutMs: this.settings.commitTimeoutMs,
          makeState: (port) => new CoordinatorState(makeMembership(port)),
          onUncertain,
          onFatal,
        }),
      enqueue: (load) => {
        this.#loading = this.#loading.then(load).catch(onFatal)
      },
      onLoaded: (shard) => {
        // Those that were deleted while nobody was here to hear of it.
        this.#forget(shard, deletedTopics(this.#image.removedTopics, { justNow: false }))
      },
    })
    this.#led.set(index, led)
    led.begin()
  }

  #active(): Shard[] {
    return [...this.#led.values()].flatMap((led) => led.active ?? [])
  }

  #forget(shard: Shard, deleted: DeletedTopics): void {
    if (shard.state.offsets.count === 0 || deleted.ids.size === 0) return
    const { clock, log, onFatal } = this.#options
    tidyDeleted(shard, { clock, log, deleted }).catch(onFatal)
  }

  #expireLater(): void {
    const { clock, onFatal } = this.#options
    this.#expiry ??= clock.timer(this.settings.retentionCheckIntervalMs, () => {
      this.#expire().catch(onFatal)
    })
  }

  async #expire(): Promise<void> {
    const { clock, log } = this.#options
    const { retentionMs } = this.settings
    for (const shard of this.#active()) await tidyExpired(shard, { clock, log, retentionMs })
    this.#expiry = undefined
    if (this.#led.size > 0) this.#expireLater()
  }
}

function deletedTopics(
  topics: readonly { readonly id: string; readonly name: string }[],
  { justNow }: Pick<DeletedTopics, 'justNow'>,
): DeletedTopics {
  const ids = new Set(topics.map(({ id }) => id))
  return { ids, names: new Set(topics.map(({ name }) => name)), justNow }
}
