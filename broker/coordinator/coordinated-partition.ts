import type { Clock, Timer } from '../../lib/clock.ts'
import type { Logger } from '../../lib/logger.ts'
import { isFromDisk, StorageError } from '../../lib/storage-error.ts'
import type { Partition } from '../partition/partition.ts'
import { KafkaError } from '../protocol/errors.ts'
import { LoadError, loadLog } from './load-log.ts'
import type { Shard } from './shard.ts'

export type CoordinatedPartitionOptions = {
  readonly topicId: string
  readonly index: number
  /** In which it is led here. */
  readonly leaderEpoch: number
  /** @throws {KafkaError} It cannot be used. */
  readonly open: () => Partition
  readonly makeShard: (partition: Partition, onUncertain: () => void) => Shard
  /** Has one log loaded after the other. */
  readonly enqueue: (load: () => Promise<void>) => void
  /** All of the log is known, and committed. */
  readonly onLoaded: (shard: Shard) => void
  /** Our own mistake where nobody waits. */
  readonly onFatal: (error: unknown) => void
  readonly clock: Clock
  readonly log: Logger
}

/**
 * One partition of `__consumer_offsets` for as long as it is led here in one leader epoch: its groups,
 * once its log was replayed up to its end and the high watermark has got there. Before that nobody is
 * told anything: what is not committed the next leader may take back, and offsets would go back
 * (safety rule 16). A log that cannot be read is tried again, each time later.
 */
export class CoordinatedPartition {
  readonly #options: CoordinatedPartitionOptions
  #status: 'loading' | 'active' | 'failed' | 'ended' = 'loading'
  #shard: Shard | undefined
  #retry: Timer | undefined
  #retryMs = firstRetryMs

  constructor(options: CoordinatedPartitionOptions) {
    this.#options = options
  }

  get topicId(): string {
    return this.#options.topicId
  }

  get leaderEpoch(): number {
    return this.#options.leaderEpoch
  }

  /** Its groups, unless they are loaded yet or could not be. */
  get active(): Shard | undefined {
    return this.#status === 'active' ? this.#shard : undefined
  }

  /** @throws {KafkaError} COORDINATOR_LOAD_IN_PROGRESS, NOT_COORDINATOR */
  get shard(): Shard {
    if (this.#status === 'active') return this.#shard as Shard
    if (this.#status === 'loading') {
      throw new KafkaError('COORDINATOR_LOAD_IN_PROGRESS', 'the groups are being loaded')
    }
    throw new KafkaError('NOT_COORDINATOR', 'the groups could not be loaded')
  }

  /** To be called once, before it is asked. Where there is nothing to load, it is loaded then. */
  begin(): void {
    const { open, makeShard, enqueue } = this.#options
    this.#status = 'loading'
    let partition: Partition
    try {
      partition = open()
    } catch (error) {
      return this.#failed(error)
    }
    const shard = makeShard(partition, () => this.#again(shard))
    this.#shard = shard
    const { log } = partition
    if (log.logStartOffset === log.nextOffset) this.#replayed(partition, shard, log.nextOffset)
    else enqueue(() => this.#load(partition, shard))
  }

  /** It is not led here any more. */
  end(error: KafkaError): void {
    this.#status = 'ended'
    this.#retry?.cancel()
    this.#shard?.unload(error)
    this.#shard = undefined
  }

  async #load(partition: Partition, shard: Shard): Promise<void> {
    const { clock, index } = this.#options
    const beganMs = clock.monotonicMs()
    const isCancelled = () => this.#shard !== shard
    if (isCancelled()) return
    const skipped = new Map<number, number>()
    let endOffset: number | undefined
    try {
      endOffset = await loadLog(partition.log, {
        clock,
        isCancelled,
        replay: (record) => shard.state.replay(record),
        unknown: (keyVersion) => skipped.set(keyVersion, (skipped.get(keyVersion) ?? 0) + 1),
      })
    } catch (error) {
      if (!isCancelled()) this.#failed(error)
      return
    }
    if (endOffset === undefined || isCancelled()) return
    for (const [keyVersion, records] of skipped) {
      const what = 'records of groups were skipped whose kind is not known here'
      this.#options.log.warn(what, { partition: index, keyVersion, records })
    }
    const offsets = shard.state.offsets.count
    const tookMs = Math.round(clock.monotonicMs() - beganMs)
    this.#options.log.info('groups were loaded', { partition: index, offsets, tookMs })
    this.#replayed(partition, shard, endOffset)
  }

  /** All before an offset was replayed. Other logs may be loaded while that is not committed yet. */
  #replayed(partition: Partition, shard: Shard, endOffset: number): void {
    const committing = partition.untilCommitted(endOffset, patienceMs)
    if (committing === undefined) return this.#loaded(shard)
    const { index, clock, log, onFatal } = this.#options
    const isCancelled = () => this.#shard !== shard
    const reached = () => {
      if (!isCancelled()) this.#loaded(shard)
    }
    const refused = (error: unknown) => {
      if (isCancelled()) return
      if (!isPassing(error)) return this.#failed(error)
      log.warn('groups wait until what was loaded is committed', { partition: index, endOffset })
      this.#retry = clock.timer(againMs, () => this.#replayed(partition, shard, endOffset))
    }
    committing.then(reached, refused).catch(onFatal)
  }

  #loaded(shard: Shard): void {
    shard.loaded()
    this.#status = 'active'
    this.#retryMs = firstRetryMs
    this.#options.onLoaded(shard)
  }

  /** What is known may not be what is in the log. */
  #again(shard: Shard): void {
    if (this.#shard !== shard) return
    this.#shard = undefined
    shard.unload(new KafkaError('NOT_COORDINATOR', 'the groups are loaded anew'))
    this.begin()
  }

  /** @throws What is our own mistake. */
  #failed(error: unknown): void {
    const isKnown =
      error instanceof KafkaError ||
      error instanceof StorageError ||
      error instanceof LoadError ||
      isFromDisk(error)
    if (!isKnown) throw error
    const { index, clock, log } = this.#options
    const reason = error instanceof Error ? error.message : String(error)
    log.error('groups could not be loaded', { partition: index, reason })
    this.#shard?.unload(new KafkaError('NOT_COORDINATOR', 'the groups could not be loaded'))
    this.#shard = undefined
    this.#status = 'failed'
    this.#retry = clock.timer(this.#retryMs, () => this.begin())
    this.#retryMs = Math.min(this.#retryMs * 2, mostRetryMs)
  }
}

/** It may be committed yet: in time, or once others are heard of again. */
function isPassing(error: unknown): boolean {
  if (!(error instanceof KafkaError)) return false
  return error.code === 'REQUEST_TIMED_OUT' || error.code === 'NOT_LEADER_OR_FOLLOWER'
}

/** Until it is told that something is not committed yet. */
const patienceMs = 30_000
const againMs = 1_000
/** What is damaged stays so; a disk may come back. */
const firstRetryMs = 10_000
const mostRetryMs = 10 * 60_000
