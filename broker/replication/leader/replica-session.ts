import type { Clock, Timer } from '../../../lib/clock.ts'
import type { Partition } from '../../partition/partition.ts'
import type { OwnRequestOf, ResponseInputOf } from '../../protocol/apis.ts'
import { errorOf } from '../../protocol/error-of.ts'
import type { ReplicaFetchAnswer } from '../../replica/leader-fetch.ts'
import type { PartitionFetch } from '../../replica/replica-fetch.ts'
import { ByPartition } from '../by-partition.ts'

type Request = OwnRequestOf<'Fetch'>
type Wanted = Request['topics'][number]['partitions'][number]
type TopicResponse = ResponseInputOf<'Fetch'>['responses'][number]
type PartitionResponse = TopicResponse['partitions'][number]

export type ReplicaSessionOptions = {
  readonly id: number
  readonly brokerId: number
  readonly brokerEpoch: number
  /** @throws {KafkaError} It is not led here, or not there. */
  readonly leaderOf: (topicId: string, index: number) => Partition
  readonly clock: Clock
}

/** A partition that the follower fetches. */
type Entry = {
  readonly topicId: string
  readonly index: number
  fetch: Omit<PartitionFetch, 'answeredMs'>
  maxBytes: number
  partition: Partition | undefined
  unwatch: () => void
  /** It was told something after which it asks anew; until then there is nothing for it. */
  isAnswered: boolean
  toldHighWatermark: number
  toldStart: number
}

/**
 * What one follower fetches, as its leader keeps it for as long as the connection lasts (KIP-227). Only what the
 * follower names, and what has news for it, is looked at: of ten thousand partitions that are quiet, nothing.
 */
export class ReplicaSession {
  readonly id: number
  readonly brokerId: number
  readonly brokerEpoch: number
  readonly #options: ReplicaSessionOptions
  readonly #entries = new ByPartition<Entry>()
  /** Those that may have something for the follower, the first to be looked at first. */
  readonly #ready = new Set<Entry>()
  #epoch = 0
  #fetchMs = 0
  #answeredMs = -1
  #waiting: Waiting | undefined

  constructor(options: ReplicaSessionOptions) {
    this.#options = options
    this.id = options.id
    this.brokerId = options.brokerId
    this.brokerEpoch = options.brokerEpoch
  }

  /** Of the next fetch. */
  get epoch(): number {
    return this.#epoch
  }

  /** Answers at once where there is something, else when there is, or after the time that is given. */
  fetch(request: Request): Promise<TopicResponse[]> {
    const { clock } = this.#options
    this.#waiting?.answer() // its follower has more to ask
    this.#epoch = this.#epoch === maxEpoch ? 1 : this.#epoch + 1
    this.#fetchMs = clock.monotonicMs()
    this.#answeredMs = request.answeredMs
    for (const { topicId, partitions } of request.forgottenTopicsData) {
      for (const index of partitions) this.#forget(topicId, index)
    }
    const answers = new Answers()
    for (const { topicId, partitions } of request.topics) {
      for (const wanted of partitions) this.#asked(topicId, wanted, answers)
    }
    this.#collect(answers, request.maxBytes)
    if (answers.isEmpty && request.maxWaitMs > 0) return this.#wait(request)
    return Promise.resolve(answers.topics)
  }

  /** Notes that the follower is still there, where it waits for more of a partition. */
  lookAt(partition: Partition): void {
    const entry = this.#entries.get(partition.topicId, partition.partition)
    if (entry?.partition === partition && !entry.isAnswered) this.#noteWaited(partition)
  }

  /** Its connection is closed, or the follower has another session. */
  close(): void {
    this.#waiting?.answer()
    for (const entry of this.#entries.values()) entry.unwatch()
    this.#entries.clear()
    this.#ready.clear()
  }

  /** The broker stops: a follower that waits is answered. */
  drain(): void {
    this.#waiting?.answer()
  }

  #wait(request: Request): Promise<TopicResponse[]> {
    const { clock } = this.#options
    const { promise, resolve } = Promise.withResolvers<TopicResponse[]>()
    const waiting = new Waiting(clock, () => {
      this.#waiting = undefined
      const answers = new Answers()
      this.#collect(answers, request.maxBytes, { withEnds: true })
      resolve(answers.topics)
    })
    this.#waiting = waiting
    waiting.within(request.maxWaitMs)
    // Where only a high watermark has moved, records are about to follow as a rule, and it goes with them.
    if (this.#ready.size > 0) waiting.within(endsWaitMs)
    return promise
  }

  #forget(topicId: string, index: number): void {
    const entry = this.#entries.get(topicId, index)
    if (entry === undefined) return
    entry.unwatch()
    this.#entries.delete(topicId, index)
    this.#ready.delete(entry)
  }

  #asked(topicId: string, wanted: Wanted, answers: Answers): void {
    const { currentLeaderEpoch, fetchOffset, lastFetchedEpoch, logStartOffset } = wanted
    const fetch = { currentLeaderEpoch, fetchOffset, lastFetchedEpoch, logStartOffset }
    let entry = this.#entries.get(topicId, wanted.partition)
    if (entry === undefined) {
      entry = {
        topicId,
        index: wanted.partition,
        fetch,
        maxBytes: wanted.partitionMaxBytes,
        partition: undefined,
        unwatch: () => {},
        isAnswered: false,
        toldHighWatermark: -1,
        toldStart: -1,
      }
      this.#entries.set(topicId, wanted.partition, entry)
    }
    entry.fetch = fetch
    entry.maxBytes = wanted.partitionMaxBytes
    entry.isAnswered = false
    this.#look(entry, answers)
  }

  /** Has the leader take note of a fetch; what it refuses is answered. */
  #look(entry: Entry, answers: Answers): void {
    try {
      this.#lead(entry, this.#options.leaderOf(entry.topicId, entry.index))
      const answer = this.#fetched(entry)
      if (answer.type === 'read') this.#ready.add(entry)
      else if (answer.type === 'refuse') throw answer.error
      else {
        this.#answered(entry)
        answers.add(entry, { ...this.#ends(entry), divergingEpoch: answer.divergingEpoch })
      }
    } catch (error) {
      this.#answered(entry)
      answers.add(entry, refused(entry, error))
    }
  }

  #fetched({ partition, fetch }: Entry): ReplicaFetchAnswer {
    const { brokerId, brokerEpoch } = this
    const answeredMs = this.#answeredMs
    return (partition as Partition).role.followerFetched({
      ...fetch,
      answeredMs,
      brokerId,
      brokerEpoch,
    })
  }

  /** The partition is made anew at times, as where its log was set aside. */
  #lead(entry: Entry, partition: Partition): void {
    if (entry.partition === partition) return
    entry.unwatch()
    entry.partition = partition
    entry.unwatch = partition.watchAsFollower(() => this.#woken(entry))
  }

  #woken(entry: Entry): void {
    if (entry.isAnswered) return
    this.#ready.add(entry)
    if (this.#waiting === undefined) return
    if (this.#isMore(entry)) this.#waiting.soon()
    else this.#waiting.within(endsWaitMs)
  }

  #isMore({ partition, fetch }: Entry): boolean {
    if (partition === undefined || !partition.role.isLed) return true
    if (partition.leaderEpoch !== fetch.currentLeaderEpoch) return true
    return partition.log.logEndOffset > fetch.fetchOffset
  }

  /** What fits of what there is for the follower. */
  #collect(answers: Answers, maxBytes: number, { withEnds = false } = {}): void {
    for (const entry of this.#ready) {
      if (!this.#isMore(entry)) {
        if (!this.#hasNewEnds(entry)) this.#ready.delete(entry)
        else if (withEnds || !answers.isEmpty) this.#tellEnds(entry, answers)
        continue
      }
      if (answers.sizeBytes >= maxBytes) continue
      const { partition, fetch } = entry
      if (partition?.role.isLed !== true || partition.leaderEpoch !== fetch.currentLeaderEpoch) {
        this.#ready.delete(entry)
        this.#look(entry, answers)
        continue
      }
      this.#noteWaited(partition)
      this.#read(entry, answers, maxBytes)
    }
  }

  #read(entry: Entry, answers: Answers, maxBytes: number): void {
    try {
      const most = Math.min(entry.maxBytes, maxBytes - answers.sizeBytes)
      const { parts, sizeBytes } = (entry.partition as Partition).readAsLeader(
        entry.fetch.fetchOffset,
        most,
      )
      if (sizeBytes > most && !answers.isEmpty) return // it stays where it is, and comes first next time
      this.#answered(entry)
      answers.add(entry, { ...this.#ends(entry), records: parts }, sizeBytes)
    } catch (error) {
      this.#answered(entry)
      answers.add(entry, refused(entry, error))
    }
  }

  #tellEnds(entry: Entry, answers: Answers): void {
    this.#ready.delete(entry)
    answers.add(entry, this.#ends(entry))
  }

  #hasNewEnds({ partition, toldHighWatermark, toldStart }: Entry): boolean {
    if (partition === undefined) return false
    return (
      partition.highWatermark !== toldHighWatermark || partition.log.logStartOffset !== toldStart
    )
  }

  /** What a follower is told of a partition beside its records. */
  #ends(entry: Entry): PartitionResponse {
    const { highWatermark, log } = entry.partition as Partition
    const { logStartOffset } = log
    entry.toldHighWatermark = highWatermark
    entry.toldStart = logStartOffset
    const { index: partitionIndex } = entry
    return { ...none, partitionIndex, errorCode: 0, highWatermark, logStartOffset }
  }

  #answered(entry: Entry): void {
    entry.isAnswered = true
    this.#ready.delete(entry)
  }

  #noteWaited(partition: Partition): void {
    const { brokerId, brokerEpoch } = this
    const [fetchMs, answeredMs] = [this.#fetchMs, this.#answeredMs]
    partition.role.followerWaited({ brokerId, brokerEpoch, fetchMs, answeredMs })
  }
}

/** A fetch for which there was nothing yet: answered once, at the first of the times that are set. */
class Waiting {
  readonly #clock: Clock
  readonly #onDue: () => void
  #timer: Timer | undefined
  #dueMs = Number.POSITIVE_INFINITY
  #isAnswered = false

  constructor(clock: Clock, onDue: () => void) {
    this.#clock = clock
    this.#onDue = onDue
  }

  answer(): void {
    if (this.#isAnswered) return
    this.#isAnswered = true
    this.#timer?.cancel()
    this.#onDue()
  }

  /** At the end of the turn: all that happens in one is one answer. */
  soon(): void {
    if (this.#dueMs === 0) return
    this.#dueMs = 0
    void this.#clock.turn().then(() => this.answer())
  }

  within(ms: number): void {
    const dueMs = this.#clock.monotonicMs() + ms
    if (dueMs >= this.#dueMs) return
    this.#dueMs = dueMs
    this.#timer?.cancel()
    this.#timer = this.#clock.timer(ms, () => this.answer())
  }
}

/** What one fetch is answered with, by topic. */
class Answers {
  sizeBytes = 0
  readonly #byTopic = new Map<string, PartitionResponse[]>()

  get isEmpty(): boolean {
    return this.#byTopic.size === 0
  }

  get topics(): TopicResponse[] {
    return Array.from(this.#byTopic, ([topicId, partitions]) => ({ topicId, partitions }))
  }

  add({ topicId }: Entry, response: PartitionResponse, sizeBytes = 0): void {
    const partitions = this.#byTopic.get(topicId)
    if (partitions === undefined) this.#byTopic.set(topicId, [response])
    else partitions.push(response)
    this.sizeBytes += sizeBytes
  }
}

function refused({ index, partition }: Entry, error: unknown): PartitionResponse {
  const logStartOffset = partition?.log.logStartOffset ?? -1
  const { errorCode } = errorOf(error)
  return { ...none, partitionIndex: index, errorCode, highWatermark: -1, logStartOffset }
}

const none = { abortedTransactions: null, records: new Uint8Array(0) }
const maxEpoch = 2 ** 31 - 1
/** How long it waits for records with which a high watermark can go. */
const endsWaitMs = 20
