import { KafkaError } from '../../../broker/protocol/errors.ts'
import { errorCodes } from '../../../broker/protocol/generated/error-codes.ts'
import { type Clock, sleep, type Timer } from '../../../lib/clock.ts'
import { answerError, ClientError, isTransient, TransientError } from '../client-error.ts'
import type { Cluster } from '../cluster.ts'
import { backoffMs } from '../patience.ts'
import { maxAgeMs, type WatchedTopic } from '../watched-topic.ts'
import { type ConsumedRecord, fetchedRecords } from './fetched-records.ts'
import { type Fetched, fetchFrom, type Isolation, type Leader, rangesOf } from './leader.ts'
import { Positions, type Start } from './positions.ts'

export type ConsumerOptions = {
  readonly cluster: Cluster
  readonly topic: WatchedTopic
  readonly clock: Clock
  readonly start: Start
  /** Which to read; undefined for all of them. */
  readonly partitions: readonly number[] | undefined
  /** Where to go on in some of them, in place of `start`. */
  readonly offsets: ReadonlyMap<number, number>
  /** The partitions that were there at the beginning: what is in others is new. */
  readonly first: readonly number[]
  readonly maxRecords: number
  readonly isolation: Isolation
  /** Whether to stop once the end of each of them was seen. */
  readonly stopsAtEnd: boolean
  /** Those of one partition, in order. What follows is fetched once it has settled. */
  readonly onRecords: (partition: number, records: ConsumedRecord[]) => Promise<unknown> | undefined
  /** What goes wrong and is tried again. */
  readonly warn: (line: string) => void
}

/** Reads the partitions of a topic from their leaders, one request at a time to each. */
export class Consumer {
  private readonly options: ConsumerOptions
  private readonly positions: Positions
  private readonly handled = new Map<number, number>()
  private readonly handling = new Set<Promise<void>>()
  private remaining: number
  private readonly atEnd = new Set<number>()
  private readonly leaders = new Set<number>() // that are read from
  private readonly ended = Promise.withResolvers<void>()
  private isStopped = false
  private cameToItsEnd = false
  private refreshing: Promise<void> | undefined
  private nextRefresh: Timer | undefined
  private failures = 0 // since all that was asked was answered

  constructor(options: ConsumerOptions) {
    this.options = options
    this.remaining = options.maxRecords
    this.positions = new Positions(options.start, options.first)
    for (const [partition, offset] of options.offsets) this.positions.moveTo(partition, offset)
  }

  /**
   * By partition, the offset that comes next after what `onRecords` has done with. Those that have not
   * moved since they were given are not in it.
   */
  get offsets(): ReadonlyMap<number, number> {
    return this.handled
  }

  /**
   * Settles once it was stopped, has come to the end, or has read as many as it may.
   *
   * @throws {ClientError} It cannot go on.
   */
  async run(): Promise<void> {
    if (this.options.stopsAtEnd && this.options.partitions?.length === 0) this.finish()
    this.readAll()
    try {
      await this.ended.promise
    } finally {
      this.stop()
    }
  }

  /** From now on `onRecords` is not called. */
  stop(): void {
    this.isStopped = true
    this.nextRefresh?.cancel()
    this.ended.resolve()
  }

  /** It has come to the end, or has read as many as it may: nobody else stopped it. */
  get isDone(): boolean {
    return this.cameToItsEnd
  }

  /** Settles once `onRecords` has done with all that it was given. */
  async settle(): Promise<void> {
    await Promise.allSettled(this.handling)
  }

  private get partitions() {
    const { partitions, topic } = this.options
    return topic.now.partitions.filter(({ id }) => partitions?.includes(id) ?? true)
  }

  /** Some are not known yet: they were made after the cluster was last asked. */
  private get isShort(): boolean {
    return this.partitions.length < (this.options.partitions?.length ?? 0)
  }

  /** Begins with leaders that are not read from, and asks who leads the others. */
  private readAll(): void {
    if (this.isStopped) return
    let isLed = !this.isShort
    for (const { leader } of this.partitions) {
      if (leader === undefined) isLed = false
      else if (!this.leaders.has(leader)) {
        this.leaders.add(leader)
        this.guard(this.readFrom(leader))
      }
    }
    this.nextRefresh?.cancel()
    const delayMs = isLed ? maxAgeMs : backoffMs(this.failures++)
    this.nextRefresh = this.options.clock.timer(delayMs, () => this.guard(this.refresh()))
  }

  /** Until it leads nothing any more. */
  private async readFrom(leader: number): Promise<void> {
    while (!this.isStopped) {
      const led = this.partitions.filter((partition) => partition.leader === leader)
      if (led.length === 0) break
      try {
        await this.readOnce(
          leader,
          led.map(({ id }) => id),
        )
        this.failures = 0
      } catch (error) {
        if (this.isStopped) break // its connection was closed
        if (!isTransient(error)) throw error
        this.options.warn(error.message)
        await sleep(this.options.clock, backoffMs(this.failures++))
        await this.refresh()
      }
    }
    this.leaders.delete(leader)
  }

  /** @throws {NetworkError | TransientError} Also if there are others that were read. */
  private async readOnce(nodeId: number, partitions: readonly number[]): Promise<void> {
    const { cluster, topic, isolation, stopsAtEnd } = this.options
    const connection = await cluster.broker(nodeId)
    const leader = { connection, topic: topic.now.name, isolation }
    const troubles = await this.place(leader, partitions)
    const positions = partitions.flatMap((partition) => {
      const offset = this.positions.of(partition)
      return offset === undefined ? [] : [{ partition, offset }]
    })
    const isWanted = stopsAtEnd && partitions.some((partition) => !this.atEnd.has(partition))
    const fetched =
      positions.length === 0 ? [] : await fetchFrom(leader, positions, isWanted ? 0 : maxWaitMs)
    for (const partition of fetched) {
      const trouble = await this.take(partition)
      if (trouble !== undefined) troubles.push(trouble)
    }
    if (troubles[0] !== undefined) throw troubles[0]
  }

  /** Finds out where to begin in those that have no position. @returns What went wrong. */
  private async place(leader: Leader, partitions: readonly number[]): Promise<Error[]> {
    const unplaced = partitions.filter((partition) => this.positions.of(partition) === undefined)
    if (unplaced.length === 0) return []
    const troubles: Error[] = []
    for (const { partition, errorCode, range } of await rangesOf(leader, unplaced)) {
      if (errorCode === 0) this.handled.set(partition, this.positions.place(partition, range))
      else troubles.push(answerError(errorCode, this.nameOf(partition)))
    }
    return troubles
  }

  /** @returns What went wrong. */
  private async take(fetched: Fetched): Promise<Error | undefined> {
    const { partitionIndex: partition, errorCode } = fetched
    const from = this.positions.of(partition)
    if (this.isStopped || from === undefined) return undefined
    if (errorCode === errorCodes.OFFSET_OUT_OF_RANGE) {
      this.positions.lose(partition)
      return new TransientError(`${this.nameOf(partition)} does not have offset ${from} any more`)
    }
    if (errorCode !== 0) return answerError(errorCode, this.nameOf(partition))
    const { records, nextOffset } = this.recordsOf(fetched, from)
    const handling = this.handOver(partition, records, nextOffset)
    this.handling.add(handling)
    await handling.finally(() => this.handling.delete(handling))
    const { highWatermark, lastStableOffset } = fetched
    const isCommitted = this.options.isolation === 'read_committed'
    if (nextOffset >= (isCommitted ? lastStableOffset : highWatermark)) this.cameToEnd(partition)
    return undefined
  }

  /** No more than are wanted. */
  private async handOver(
    partition: number,
    records: ConsumedRecord[],
    behind: number,
  ): Promise<void> {
    const wanted = records.slice(0, this.remaining)
    const last = wanted.at(-1)
    const isCut = last !== undefined && wanted.length < records.length
    const nextOffset = isCut ? last.offset + 1 : behind
    this.positions.moveTo(partition, nextOffset) // first: another leader may answer meanwhile
    this.remaining -= wanted.length
    if (wanted.length > 0) {
      const done = this.options.onRecords(partition, wanted)
      if (this.remaining === 0) this.finish()
      await done
    }
    this.handled.set(partition, nextOffset)
  }

  private recordsOf({ partitionIndex, records, abortedTransactions }: Fetched, from: number) {
    const isCommitted = this.options.isolation === 'read_committed'
    const aborted = isCommitted ? (abortedTransactions ?? []) : []
    try {
      return fetchedRecords(records ?? new Uint8Array(0), { from, aborted })
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      const where = `${this.nameOf(partitionIndex)} at offset ${from}`
      throw new ClientError(`${where}: ${error.code} (${error.message})`, { cause: error })
    }
  }

  private cameToEnd(partition: number): void {
    this.atEnd.add(partition)
    const isEnd = !this.isShort && this.partitions.every(({ id }) => this.atEnd.has(id))
    if (this.options.stopsAtEnd && isEnd) this.finish()
  }

  private finish(): void {
    this.cameToItsEnd ||= !this.isStopped
    this.stop()
  }

  private nameOf(partition: number): string {
    return `partition ${partition} of topic '${this.options.topic.now.name}'`
  }

  /** Asks who leads what: once for all who want to know just now. */
  private refresh(): Promise<void> {
    this.refreshing ??= this.askAgain().finally(() => {
      this.refreshing = undefined
    })
    return this.refreshing
  }

  private async askAgain(): Promise<void> {
    try {
      await this.options.topic.refresh()
    } catch (error) {
      if (this.isStopped) return
      if (!isTransient(error)) throw error
      this.options.warn(error.message)
    }
    this.readAll()
  }

  private guard(work: Promise<void>): void {
    void work.catch((error: unknown) => this.ended.reject(error))
  }
}

const maxWaitMs = 500 // fetch.max.wait.ms
