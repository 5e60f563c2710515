import { coordinatorSettings } from '../../../../broker/coordinator/coordinator-settings.ts'
import { ClassicGroups } from '../../../../broker/coordinator/group/classic-groups.ts'
import { groupSettingsOf } from '../../../../broker/coordinator/group/settings.ts'
import { GroupCoordinator } from '../../../../broker/coordinator/group-coordinator.ts'
import { handleOffsetCommit } from '../../../../broker/handlers/offset-commit.ts'
import { handleOffsetFetch } from '../../../../broker/handlers/offset-fetch.ts'
import type { Context } from '../../../../broker/handlers/services.ts'
import { emptyImage, type MetadataImage } from '../../../../broker/metadata/image.ts'
import type { ImageChanges } from '../../../../broker/metadata/image-changes.ts'
import type { Partition } from '../../../../broker/partition/partition.ts'
import { zeroUuid } from '../../../../broker/protocol/codec/uuid.ts'
import { errorName } from '../../../../broker/protocol/error-name.ts'
import { KafkaError } from '../../../../broker/protocol/errors.ts'
import { type Clock, sleep } from '../../../../lib/clock.ts'
import { silentLogger } from '../../../../lib/logger.ts'
import type { Incarnation } from '../../core/incarnation.ts'
import type { Replica } from '../replica.ts'
import type { ReplicaDisk } from '../replica-disk.ts'
import { OffsetsPartition } from './offsets-partition.ts'

/** How far a group has read the one partition of `topic`. */
export type CommitRequest = {
  readonly group: string
  readonly topic: string
  readonly offset: number
  /** Never the same twice. */
  readonly attempt: string
}
export type FetchOffsetRequest = { readonly group: string; readonly topic: string }

/** Under which leader epoch of `__consumer_offsets` it was answered; -1 where it is not led. */
type Answered = { readonly error: string | undefined; readonly leaderEpoch: number }
export type CommitAnswer = Answered
/** Offset -1, and attempt '': there is none. */
export type FetchOffsetAnswer = Answered & { readonly offset: number; readonly attempt: string }

export type GroupNodeOptions = {
  readonly brokerId: number
  readonly disk: ReplicaDisk
  /** Of `__consumer_offsets`, if there is one here. */
  readonly replica: () => Replica | undefined
  readonly isFull: () => boolean
}

/** The groups of one life of a broker: the product's own coordinator and handlers. */
export class GroupNode {
  readonly #replica: GroupNodeOptions['replica']
  readonly #groups: GroupCoordinator
  readonly #context: Context
  #image: MetadataImage = emptyImage
  readonly #partition: OffsetsPartition

  constructor(node: Incarnation, options: GroupNodeOptions) {
    const clock = busyClock(node)
    this.#replica = options.replica
    this.#partition = new OffsetsPartition(node, options)
    this.#groups = new GroupCoordinator({
      nodeId: options.brokerId,
      // The class has private parts; what is used of it is here.
      partitions: { leaderOf: () => this.#led() as unknown as Partition },
      clock,
      log: silentLogger,
      settings: coordinatorSettings(entries),
      makeMembership: (port) => {
        const random = node.random('members')
        const settings = groupSettingsOf(entries)
        return new ClassicGroups({ clock, random, port, settings, log: silentLogger })
      },
      onFatal: (error) => node.world.failWith('Exception', error),
    })
    const services = { groups: this.#groups, clock, image: () => this.#image }
    this.#context = { services, version: 8 } as unknown as Context
  }

  /** The broker acts on this image now; its replicas do so already. */
  see(image: MetadataImage, changes: ImageChanges): void {
    this.#image = image
    this.#partition.lead(this.#replica()?.leaderEpoch)
    this.#groups.apply(changes, image)
  }

  /** The high watermark may have moved. */
  advance(): void {
    this.#partition.advance()
  }

  async commit({ group, topic, offset, attempt }: CommitRequest): Promise<CommitAnswer> {
    const own = { partitionIndex: 0, committedOffset: offset, committedLeaderEpoch: -1 }
    const partitions = [{ ...own, committedMetadata: attempt }]
    const { topics } = await handleOffsetCommit(
      {
        groupId: group,
        generationIdOrMemberEpoch: -1,
        memberId: '',
        groupInstanceId: null,
        retentionTimeMs: -1,
        topics: [{ name: topic, topicId: zeroUuid, partitions }],
      },
      this.#context,
    )
    return this.#answered(topics[0]?.partitions[0]?.errorCode)
  }

  async fetch({ group, topic }: FetchOffsetRequest): Promise<FetchOffsetAnswer> {
    const topics = [{ name: topic, topicId: zeroUuid, partitionIndexes: [0] }]
    const { groups } = await handleOffsetFetch(
      {
        groupId: '',
        topics: null,
        requireStable: false,
        groups: [{ groupId: group, memberId: null, memberEpoch: -1, topics }],
      },
      this.#context,
    )
    const [answer] = groups ?? []
    const found = answer?.topics[0]?.partitions[0]
    return {
      ...this.#answered(answer?.errorCode || found?.errorCode),
      offset: found?.committedOffset ?? -1,
      attempt: found?.metadata ?? '',
    }
  }

  #answered(errorCode = 0): Answered {
    const error = errorCode === 0 ? undefined : (errorName(errorCode) ?? `${errorCode}`)
    return { error, leaderEpoch: this.#replica()?.leaderEpoch ?? -1 }
  }

  #led(): OffsetsPartition {
    if (this.#replica()?.leaderEpoch !== undefined) return this.#partition
    throw new KafkaError('NOT_LEADER_OR_FOLLOWER', 'it is not led here')
  }
}

/** Of a broker where others have much to do in their turns, so that it takes a while to load a log. */
function busyClock(node: Incarnation): Clock {
  const { clock } = node
  const random = node.random('turns')
  return {
    nowMs: () => clock.nowMs(),
    monotonicMs: () => clock.monotonicMs(),
    timer: (delayMs, callback) => clock.timer(delayMs, callback),
    turn: () => sleep(clock, random.below(100)),
  }
}

/** Shorter than clients wait. */
const entries = new Map([['offsets.commit.timeout.ms', '1500']])
