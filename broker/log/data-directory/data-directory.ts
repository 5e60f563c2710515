import { invariant } from '../../../lib/invariant.ts'
import { isSame } from '../../../lib/is-same.ts'
import type { StorageError } from '../../../lib/storage-error.ts'
import type { Ground } from '../../replica/judge-return.ts'
import type { LeaderEpochs } from '../leader-epochs.ts'
import type { LogConfig } from '../log-config.ts'
import type { LogServices } from '../log-options.ts'
import type { OffsetCheckpoint } from '../offset-checkpoint.ts'
import { PartitionLog } from '../partition-log.ts'
import { Checkpoints } from './checkpoints.ts'
import { type LastStop, takeCleanMarker, writeCleanMarker } from './clean-marker.ts'
import { closeAll } from './close-all.ts'
import { readGround, writeGround } from './ground-file.ts'
import { claimDirectory, type Owner } from './identity.ts'
import { leftovers, renameAway } from './leftovers.ts'
import { LogPlace, type SharedPlace } from './log-place.ts'
import { openAll, type StartOptions } from './open-all.ts'
import type { Opened } from './open-partition.ts'
import { PartitionMap } from './partition-map.ts'
import { type Leftover, parsePartitionName, type TopicPartition } from './partition-name.ts'
import { Removals } from './removals.ts'
import { makeOwned } from './topic-id.ts'

export type DataDirectoryOptions = StartOptions & {
  /** Absolute, without a slash at its end. */
  readonly path: string
  readonly owner: Owner
  /** `producer.id.expiration.ms` */
  readonly producerIdExpirationMs: number
  /** What was deleted could not be removed from the disk. */
  readonly onProblem: (problem: StorageError) => void
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
  private readonly services: LogServices
  private readonly shared: SharedPlace
  private readonly checkpoints: Checkpoints
  private readonly pause: () => Promise<void>
  private readonly removals: Removals
  private readonly onProblem: (problem: StorageError) => void
  private logs = new PartitionMap<Opened>()
  private saidGround: Ground | undefined
  private goneLogs: readonly TopicPartition[] = []
  private isStopped = false

  private constructor(
    { path, producerIdExpirationMs, pause, onProblem }: DataDirectoryOptions,
    services: LogServices,
    { id, checkpoints, lastStop }: { id: string; checkpoints: Checkpoints; lastStop: LastStop },
  ) {
    this.path = path
    this.id = id
    this.lastStop = lastStop
    this.checkpoints = checkpoints
    this.pause = pause
    this.onProblem = onProblem
    const { files, onFatal = rethrow } = services
    this.saidGround = readGround(files, path)
    this.removals = new Removals({ files, onProblem, onFatal })
    this.shared = { path, checkpoints, producerIdExpirationMs }
    const topicIdAt = (directory: string) => {
      const own = parsePartitionName(directory.slice(path.length + 1))
      return own && this.logs.get(own)?.topicId
    }
    const makeDirectory = (directory: string) => makeOwned(services.files, directory, topicIdAt)
    this.services = { ...services, makeDirectory }
  }

  /**
   * Opens the directory with all logs in it, and goes on with deletions that were not ended. An empty
   * one is made its owner's.
   *
   * @throws {StorageError} Foreign if it is not its owner's, Untrusted if its checkpoints are
   *   damaged. Nothing was changed then.
   */
  static async open(options: DataDirectoryOptions, services: LogServices): Promise<DataDirectory> {
    const { files } = services
    const { id, isNew } = claimDirectory(files, options.path, options.owner)
    const checkpoints = new Checkpoints(files, options.path)
    const lastStop = isNew ? { clean: false } : takeCleanMarker(files, options.path)
    const directory = new DataDirectory(options, services, { id, checkpoints, lastStop })
    const start = { ...options, clean: lastStop.clean }
    const { logs, gone } = await openAll(directory.shared, directory.services, start)
    directory.logs = logs
    directory.goneLogs = gone
    for (const left of leftovers(files, options.path, 'delete')) directory.remove(left.directory)
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
    const { topicId, config } = wanted
    let there = this.logs.get(wanted)
    if (there?.topicId !== undefined && there.topicId !== topicId) {
      this.moveAway(there, { id: there.topicId, kind: 'stray' })
      there = undefined
    }
    if (there?.problem !== undefined) throw there.problem
    // All that had a directory were found at the start: of others there is nothing to look for.
    const place = there?.place ?? new LogPlace(wanted, config, this.shared)
    const log = there?.log ?? new PartitionLog(place, this.services)
    log.config = config
    if (there?.topicId === undefined)
      this.logs.set(place, { place, topicId, log, problem: undefined })
    return log
  }

  /**
   * Removes the log of a partition whose topic was deleted, if it is of that topic: at once and for
   * good from here, and after a while from the disk. What cannot say of which topic it is, is set
   * aside instead.
   *
   * @param uniqueId Tells it from others of the same name: no two may be the same.
   */
  delete(unwanted: TopicPartition & { topicId: string; uniqueId: string }): void {
    this.checkRunning()
    const there = this.logs.get(unwanted)
    if (there === undefined) return
    if (there.topicId === undefined && there.problem !== undefined) {
      this.moveAway(there, { id: unknownTopic, kind: 'stray' })
    } else if (there.topicId === undefined || there.topicId === unwanted.topicId) {
      const away = this.moveAway(there, { id: unwanted.uniqueId, kind: 'delete' })
      if (away !== undefined) this.remove(away)
    }
  }

  /**
   * Sets the log of a partition aside as it is: what is opened of that name from now on is empty.
   *
   * @param uniqueId Tells it from others of the same name: no two may be the same.
   */
  setAside({ uniqueId, ...place }: TopicPartition & { uniqueId: string }): void {
    this.checkRunning()
    const there = this.logs.get(place)
    if (there !== undefined) this.moveAway(there, { id: uniqueId, kind: 'stray' })
  }

  /** The log of a partition, if there is one that can be used or was opened. */
  get(partition: TopicPartition): PartitionLog | undefined {
    return this.logs.get(partition)?.log
  }

  /** Of all logs that were found or opened; the topic id is undefined where nobody can tell it. */
  *partitions(): Generator<TopicPartition & { topicId: string | undefined }> {
    for (const { place, topicId } of this.logs.values()) {
      yield { topic: place.topic, partition: place.partition, topicId }
    }
  }

  /** Directories that were set aside, now or before. They stay until somebody removes them. */
  strays(): Leftover[] {
    return leftovers(this.services.files, this.path, 'stray')
  }

  /** All logs that could not be opened, or failed since. */
  offline(): OfflineLog[] {
    const all: OfflineLog[] = []
    for (const { place, log, problem = log?.offline } of this.logs.values()) {
      if (problem === undefined) continue
      all.push({ topic: place.topic, partition: place.partition, problem })
    }
    return all
  }

  /** Partitions of which something was committed and nothing durable, and now nothing is there. */
  get gone(): readonly TopicPartition[] {
    return this.goneLogs
  }

  /** On which ground logs were written to, if that was said. */
  get ground(): Ground | undefined {
    return this.saidGround
  }

  /**
   * Says on which ground logs are written from now on: durably, and so before any is. But not before
   * the controller knows how this broker came back. If it ends before that, the next process is asked
   * the same, and must find what this one found (safety rules, case 3). From here on nothing is
   * expected of logs but what they have, as the next checkpoint says.
   *
   * @throws {StorageError} If the disk fails.
   */
  standOn(now: Ground | undefined): void {
    this.checkRunning()
    this.say(now)
    for (const own of this.goneLogs) this.checkpoints.forget(own)
    this.goneLogs = []
    const kind = 'replication-offset-checkpoint'
    for (const { place, log } of this.logs.values()) {
      const { logEndOffset = Number.POSITIVE_INFINITY } = log ?? {}
      const highWatermark = this.checkpoints.get(kind, place) ?? 0
      if (highWatermark > logEndOffset) this.checkpoints.set(kind, place, logEndOffset)
    }
  }

  /**
   * Has it said, durably, that nobody knows whether all is there. Who found out that it is not says so
   * before anything else: the next process may find it as it should be, a disk that failed once among
   * them.
   *
   * @throws {StorageError} If the disk fails.
   */
  doubt(): void {
    this.say(undefined)
  }

  /**
   * Where the log of a partition of a topic ends, and which leader epochs it has, if that is known:
   * 0 and none where it never had a batch.
   */
  endOf(
    own: TopicPartition & { topicId: string },
  ): { logEndOffset: number; epochs: LeaderEpochs | undefined } | undefined {
    const there = this.logs.get(own)
    const isOthers = there?.topicId !== undefined && there.topicId !== own.topicId
    if (there === undefined || isOthers) return { logEndOffset: 0, epochs: undefined }
    if (there.log?.isReadable !== true) return undefined
    return { logEndOffset: there.log.logEndOffset, epochs: there.log.known?.epochs }
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
      if (noted % notedPerTurn === 0) await this.pause()
      this.noteOffsets(own)
    }
    await this.checkpoints.writeLater('log-start-offset-checkpoint')
    await this.checkpoints.writeLater('recovery-point-offset-checkpoint')
    await this.checkpoints.writeLater('cleaner-offset-checkpoint')
  }

  /**
   * Makes durable where the log of a partition begins now: what was deleted before it stays deleted.
   *
   * @throws {StorageError}
   */
  async writeStartLater(partition: TopicPartition): Promise<void> {
    this.checkRunning()
    const own = this.logs.get(partition)
    if (own?.log?.isMade !== true) return
    this.checkpoints.set('log-start-offset-checkpoint', own.place, own.log.logStartOffset)
    await this.checkpoints.writeLater('log-start-offset-checkpoint')
  }

  /** The same for high watermarks, as they were set. @throws {StorageError} */
  async writeHighWatermarksLater(): Promise<void> {
    this.checkRunning()
    await this.checkpoints.writeLater('replication-offset-checkpoint')
  }

  /**
   * Makes all durable and closes it; nothing may be asked of any log from now on. The next start
   * does not have to look at anything then, unless a log is offline. It goes on with deletions too.
   *
   * @param brokerEpoch By which the controller knows this broker.
   * @returns Whether the stop counts as clean.
   * @throws {StorageError} If the disk does not take the checkpoints or the marker.
   */
  async stop({ brokerEpoch }: { brokerEpoch: number }): Promise<{ clean: boolean }> {
    this.checkRunning()
    await this.removals.stop()
    const problems: StorageError[] = this.offline().map(({ problem }) => problem)
    const closing: PartitionLog[] = []
    for (const { log } of this.logs.values()) {
      if (log?.isMade === true && log.offline === undefined) closing.push(log)
    }
    problems.push(...(await closeAll(closing, this.pause)))
    this.writeCheckpoints()
    this.isStopped = true
    const clean = problems.length === 0
    if (clean) writeCleanMarker(this.services.files, this.path, { brokerEpoch })
    return { clean }
  }

  private say(ground: Ground | undefined): void {
    if (isSame(ground, this.saidGround)) return
    const problem = writeGround(this.services.files, this.path, ground)
    this.saidGround = problem === undefined ? ground : undefined
    if (problem !== undefined) this.onProblem(problem)
  }

  private noteOffsets({ place, log }: Opened): void {
    if (log?.isMade !== true) return // what was kept of it stays
    this.checkpoints.set('log-start-offset-checkpoint', place, log.logStartOffset)
    this.checkpoints.set('recovery-point-offset-checkpoint', place, log.flushedEndOffset)
  }

  /** @returns The new name of its directory, if it had one. */
  private moveAway({ place, log }: Opened, to: Pick<Leftover, 'id' | 'kind'>): string | undefined {
    log?.close()
    // First, or after a crash its offsets would be taken for those of a log that is gone.
    this.checkpoints.forget(place)
    const away = renameAway(this.services.files, this.path, place, to)
    this.logs.delete(place)
    return away
  }

  private remove(name: string): void {
    this.removals.add(`${this.path}/${name}`)
  }

  private checkRunning(): void {
    invariant(!this.isStopped, 'nothing is asked of a data directory that was stopped')
  }
}

function rethrow(error: unknown): never {
  throw error
}

const notedPerTurn = 1_000
/** In place of a topic id, of a log whose own is damaged. */
const unknownTopic = 'unknown'
