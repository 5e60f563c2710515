import { invariant } from '../../../lib/invariant.ts'
import { defaultLogConfig, type LogConfig } from '../log-config.ts'
import type { LogServices } from '../log-options.ts'
import type { OffsetCheckpoint } from '../offset-checkpoint.ts'
import type { PartitionLog } from '../partition-log.ts'
import { StorageError } from '../storage-error.ts'
import { Checkpoints } from './checkpoints.ts'
import { type LastStop, takeCleanMarker, writeCleanMarker } from './clean-marker.ts'
import { closeDurably } from './close-log.ts'
import { claimDirectory, type Owner } from './identity.ts'
import { leftovers, renameAway } from './leftovers.ts'
import { type Opened, openPartition } from './open-partition.ts'
import {
  type Leftover,
  parsePartitionName,
  partitionName,
  type TopicPartition,
} from './partition-name.ts'
import { readTopicId, writeTopicId } from './topic-id.ts'

export type DataDirectoryOptions = {
  /** Absolute, without a slash at its end. */
  readonly path: string
  readonly owner: Owner
  /** `producer.id.expiration.ms` */
  readonly producerIdExpirationMs: number
  readonly nowMs: number
  /** Settings of a topic as far as they are known at the start; all are told again by `open`. */
  readonly configOf: (topic: string) => LogConfig | undefined
  /** Lets others have their turn: awaited now and then while there is much to do. */
  readonly pause: () => Promise<void>
}

/** A log that cannot be used, and why. */
export type OfflineLog = TopicPartition & { readonly problem: StorageError }

/**
 * The directory in which a broker keeps the logs of all its partitions, in Kafka's own form.
 *
 * It opens what it finds at the start, whatever a crash left of it. What it cannot trust or does not
 * know it leaves alone: one log that is damaged stays offline, all others open. Partitions that never
 * had a batch have no directory, and are in no checkpoint.
 */
export class DataDirectory {
  readonly path: string
  /** Its `directory.id`. */
  readonly id: string
  readonly lastStop: LastStop
  private readonly options: DataDirectoryOptions
  private readonly services: LogServices
  private readonly checkpoints: Checkpoints
  /** By name of the partition. */
  private readonly logs = new Map<string, TopicPartition & Opened>()
  private isStopped = false

  private constructor(
    options: DataDirectoryOptions,
    services: LogServices,
    found: { id: string; checkpoints: Checkpoints; lastStop: LastStop },
  ) {
    this.options = options
    this.path = options.path
    this.id = found.id
    this.checkpoints = found.checkpoints
    this.lastStop = found.lastStop
    this.services = { ...services, makeDirectory: (path) => this.makeDirectory(path) }
  }

  /**
   * Opens the directory with all logs in it. An empty one is made its owner's.
   *
   * @throws {StorageError} Foreign if it is not its owner's, Untrusted if its checkpoints are
   *   damaged. Nothing was changed then.
   */
  static async open(options: DataDirectoryOptions, services: LogServices): Promise<DataDirectory> {
    const { files } = services
    const id = claimDirectory(files, options.path, options.owner)
    const checkpoints = new Checkpoints(files, options.path)
    const lastStop = takeCleanMarker(files, options.path)
    const directory = new DataDirectory(options, services, { id, checkpoints, lastStop })
    await directory.openAll()
    return directory
  }

  /**
   * The log of a partition of a topic. If there is one of another topic of that name, it is set
   * aside first: see `strays`.
   *
   * @throws {StorageError} If the log is offline.
   */
  open(wanted: TopicPartition & { topicId: string; config: LogConfig }): PartitionLog {
    this.checkRunning()
    const { topic, partition, topicId, config } = wanted
    const name = partitionName(wanted)
    let there = this.logs.get(name)
    if (there?.topicId !== undefined && there.topicId !== topicId) {
      this.setAside(there, there.topicId)
      there = undefined
    }
    if (there?.problem !== undefined) throw there.problem
    const opened = there ?? { topic, partition, ...this.openAt(wanted, config, false) }
    if (opened.log === undefined) throw opened.problem
    opened.log.config = config
    this.logs.set(name, { ...opened, topicId })
    return opened.log
  }

  /**
   * Removes the log of a partition whose topic was deleted, if it is of that topic. What cannot say
   * of which topic it is, is set aside instead.
   *
   * @param uniqueId Tells it from others of the same name: no two may be the same.
   */
  delete(unwanted: TopicPartition & { topicId: string; uniqueId: string }): void {
    this.checkRunning()
    const there = this.logs.get(partitionName(unwanted))
    if (there === undefined) return
    if (there.topicId === undefined && there.problem !== undefined) {
      this.setAside(there, unknownTopic)
    } else if (there.topicId === undefined || there.topicId === unwanted.topicId) {
      const away = this.moveAway(there, { id: unwanted.uniqueId, kind: 'delete' })
      if (away !== undefined) this.services.files.removeDirectory(`${this.path}/${away}`)
    }
  }

  /** The log of a partition, if there is one that can be used or was opened. */
  get(partition: TopicPartition): PartitionLog | undefined {
    return this.logs.get(partitionName(partition))?.log
  }

  /** Of all logs that were found or opened; the topic id is undefined where nobody can tell it. */
  *partitions(): Generator<TopicPartition & { topicId: string | undefined }> {
    for (const { topic, partition, topicId } of this.logs.values()) {
      yield { topic, partition, topicId }
    }
  }

  /** Directories that were set aside, now or before. They stay until somebody removes them. */
  strays(): Leftover[] {
    return leftovers(this.services.files, this.path, 'stray')
  }

  /** All logs that could not be opened, or failed since. */
  offline(): OfflineLog[] {
    return [...this.logs.values()].flatMap(({ topic, partition, log, problem }) => {
      const own = problem ?? log?.offline
      return own === undefined ? [] : [{ topic, partition, problem: own }]
    })
  }

  /** High watermarks and the cleaner's offsets, as they were kept. */
  checkpointOf(kind: OffsetCheckpoint, partition: TopicPartition): number | undefined {
    return this.checkpoints.get(kind, partition)
  }

  /** To be durable with the next `writeCheckpoints`. Of a log without a directory it is not kept. */
  setCheckpoint(
    kind: 'replication-offset-checkpoint' | 'cleaner-offset-checkpoint',
    partition: TopicPartition,
    offset: number,
  ): void {
    if (this.get(partition)?.isMade === true) this.checkpoints.set(kind, partition, offset)
  }

  /** Writes what is known of all logs, at once. @throws {StorageError} */
  writeCheckpoints(): void {
    this.checkRunning()
    for (const own of this.logs.values()) this.noteOffsets(own)
    this.checkpoints.writeAll()
  }

  /**
   * The same but for high watermarks, without blocking for long; to be called now and then, one
   * call after the other.
   *
   * @throws {StorageError}
   */
  async writeCheckpointsLater(): Promise<void> {
    this.checkRunning()
    let noted = 0
    for (const own of this.logs.values()) {
      noted += 1
      if (noted % notedPerTurn === 0) await this.options.pause()
      this.noteOffsets(own)
    }
    await this.checkpoints.writeLater('log-start-offset-checkpoint')
    await this.checkpoints.writeLater('recovery-point-offset-checkpoint')
    await this.checkpoints.writeLater('cleaner-offset-checkpoint')
  }

  /** The same for high watermarks, as they were set. @throws {StorageError} */
  async writeHighWatermarksLater(): Promise<void> {
    this.checkRunning()
    await this.checkpoints.writeLater('replication-offset-checkpoint')
  }

  /**
   * Makes all durable and closes it; nothing may be asked of any log from now on. The next start
   * does not have to look at anything then, unless a log is offline.
   *
   * @param brokerEpoch By which the controller knows this broker.
   * @returns Whether the stop counts as clean.
   * @throws {StorageError} If the disk does not take the checkpoints or the marker.
   */
  async stop({ brokerEpoch }: { brokerEpoch: number }): Promise<{ clean: boolean }> {
    this.checkRunning()
    const made = [...this.logs.values()].flatMap(({ log }) => {
      return log !== undefined && log.offline === undefined && log.isMade ? [log] : []
    })
    const { files } = this.services
    const problems: unknown[] = this.offline()
    for (let first = 0; first < made.length; first += closedAtOnce) {
      const some = made.slice(first, first + closedAtOnce).map(closeDurably)
      problems.push(...(await Promise.all(some)).filter((problem) => problem !== undefined))
      await this.options.pause()
    }
    this.writeCheckpoints()
    this.isStopped = true
    const clean = problems.length === 0
    if (clean) writeCleanMarker(files, this.path, { brokerEpoch })
    return { clean }
  }

  private async openAll(): Promise<void> {
    const { files } = this.services
    for (const { directory } of leftovers(files, this.path, 'delete')) {
      files.removeDirectory(`${this.path}/${directory}`)
      await this.options.pause()
    }
    const found = files.list(this.path).flatMap((name) => parsePartitionName(name) ?? [])
    for (const [index, own] of found.entries()) {
      if (index % logsPerTurn === logsPerTurn - 1) await this.options.pause()
      const opened = this.openAt(own, this.options.configOf(own.topic), this.lastStop.clean)
      this.logs.set(partitionName(own), { ...own, ...opened })
    }
    this.reportMissing()
  }

  /** A directory that is gone, with what was durable in it, must not begin anew in silence. */
  private reportMissing(): void {
    for (const own of this.checkpoints.partitions()) {
      if (this.logs.has(partitionName(own))) continue
      const end = this.checkpoints.get('recovery-point-offset-checkpoint', own) ?? 0
      const start = this.checkpoints.get('log-start-offset-checkpoint', own) ?? 0
      if (end <= start) {
        this.checkpoints.forget(own) // it was never durable, or a crash came while it was moved
        continue
      }
      const what = `${this.path}/${partitionName(own)} is gone, but ended at ${end} or behind`
      const problem = new StorageError('Untrusted', `${what}: another replica may have it`)
      this.logs.set(partitionName(own), { ...own, topicId: undefined, log: undefined, problem })
    }
  }

  private openAt(own: TopicPartition, config: LogConfig | undefined, clean: boolean): Opened {
    const { topic, partition } = own
    const kept = (kind: OffsetCheckpoint) => this.checkpoints.get(kind, own) ?? 0
    const options = {
      directory: `${this.path}/${partitionName(own)}`,
      // Where offsets may be missing, least is taken for a hole.
      config: config ?? { ...defaultLogConfig, isCompacted: true },
      producerIdExpirationMs: this.options.producerIdExpirationMs,
      beforeCut: (endOffset: number) => {
        const which = { topic, partition }
        this.checkpoints.lower('recovery-point-offset-checkpoint', which, endOffset)
        this.checkpoints.lower('cleaner-offset-checkpoint', which, endOffset)
      },
    }
    const checkpointed = {
      clean,
      flushedEndOffset: kept('recovery-point-offset-checkpoint'),
      logStartOffset: kept('log-start-offset-checkpoint'),
      nowMs: this.options.nowMs,
    }
    return openPartition(options, checkpointed, this.services)
  }

  private noteOffsets({ topic, partition, log }: TopicPartition & Opened): void {
    if (log?.isMade !== true) return // what was kept of it stays
    const own = { topic, partition }
    this.checkpoints.set('log-start-offset-checkpoint', own, log.logStartOffset)
    this.checkpoints.set('recovery-point-offset-checkpoint', own, log.flushedEndOffset)
  }

  private setAside(there: TopicPartition & Opened, id: string): void {
    this.moveAway(there, { id, kind: 'stray' })
  }

  /** @returns The new name of its directory, if it had one. */
  private moveAway(
    there: TopicPartition & Opened,
    to: Pick<Leftover, 'id' | 'kind'>,
  ): string | undefined {
    const name = partitionName(there)
    there.log?.close()
    // First, or after a crash its offsets would be taken for those of a log that is gone.
    this.checkpoints.forget(there)
    const { files } = this.services
    const isThere = files.list(this.path).includes(name)
    const away = isThere ? renameAway(files, this.path, there, to) : undefined
    this.logs.delete(name)
    return away
  }

  /** The directory of a log is its topic's before a batch is in it. */
  private async makeDirectory(path: string): Promise<void> {
    const { files } = this.services
    const name = path.slice(this.path.length + 1)
    const topicId = this.logs.get(name)?.topicId
    invariant(topicId !== undefined, 'a log was opened before it is written')
    files.makeDirectory(path)
    if (readTopicId(files, path) !== undefined) return
    await writeTopicId(files, path, topicId, () => this.logs.get(name)?.topicId === topicId)
    await files.syncDirectoryLater(path)
  }

  private checkRunning(): void {
    invariant(!this.isStopped, 'nothing is asked of a data directory that was stopped')
  }
}

/** After a clean stop one takes 0.2 ms to open, otherwise 1 ms and more; that blocks the loop. */
const logsPerTurn = 5
const notedPerTurn = 1_000
/** Closing them waits for the disk, for each on its own. */
const closedAtOnce = 20
/** In place of a topic id, of a log whose own is damaged. */
const unknownTopic = 'unknown'
