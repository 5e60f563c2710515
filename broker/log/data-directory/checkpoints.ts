import type { Files } from '../../../lib/files.ts'
import { replaceFile, replaceFileLater } from '../../../lib/replace-file.ts'
import { isFromDisk, StorageError, storageErrorOf } from '../../../lib/storage-error.ts'
import { CorruptFileError } from '../corrupt-file-error.ts'
import {
  decodeOffsetCheckpoint,
  encodeOffsetCheckpoint,
  type OffsetCheckpoint,
  type PartitionOffset,
} from '../offset-checkpoint.ts'
import { PartitionMap } from './partition-map.ts'
import { parsePartitionName, partitionName, type TopicPartition } from './partition-name.ts'

/**
 * The offsets that a data directory keeps of its partitions beside their logs. They are in memory,
 * and written as a whole now and then: what is on the disk may be older, which must do no harm.
 *
 * In the order of writing: a recovery point behind a start that is not known yet would look like
 * data that is gone. With the start of a new log the name of its directory becomes durable too.
 */
const checkpointKinds = [
  'log-start-offset-checkpoint',
  'recovery-point-offset-checkpoint',
  'replication-offset-checkpoint',
  'cleaner-offset-checkpoint',
] as const satisfies OffsetCheckpoint[]

/** It is over once `ended` has settled, which never rejects; `next` begins then. */
type WriteUnderWay = { readonly ended: Promise<void>; next: Promise<void> | undefined }

export class Checkpoints {
  private readonly files: Files
  private readonly directory: string
  private readonly offsets: Record<OffsetCheckpoint, PartitionMap<number>>
  /** What is not written, by how often it was changed since. */
  private readonly changes = new Map<OffsetCheckpoint, number>()
  /** How often each was written, without `writeLater`. */
  private readonly writes = new Map<OffsetCheckpoint, number>()
  private readonly underWay = new Map<OffsetCheckpoint, WriteUnderWay>()

  /**
   * Reads those of a directory.
   *
   * @throws {StorageError} Untrusted if one is damaged: without it nobody could tell what is gone.
   */
  constructor(files: Files, directory: string) {
    this.files = files
    this.directory = directory
    this.offsets = {
      'log-start-offset-checkpoint': this.load('log-start-offset-checkpoint'),
      'recovery-point-offset-checkpoint': this.load('recovery-point-offset-checkpoint'),
      'replication-offset-checkpoint': this.load('replication-offset-checkpoint'),
      'cleaner-offset-checkpoint': this.load('cleaner-offset-checkpoint'),
    }
  }

  get(kind: OffsetCheckpoint, partition: TopicPartition): number | undefined {
    return this.offsets[kind].get(partition)
  }

  /** All partitions of which something is kept. */
  partitions(): TopicPartition[] {
    const all = new PartitionMap<TopicPartition>()
    for (const kind of checkpointKinds) {
      for (const own of this.offsets[kind].entries()) all.set(own, own)
    }
    return [...all.values()].map(({ topic, partition }) => ({ topic, partition }))
  }

  /** To be written with the next `write`. */
  set(kind: OffsetCheckpoint, partition: TopicPartition, offset: number): void {
    if (this.offsets[kind].get(partition) === offset) return
    this.offsets[kind].set(partition, offset)
    this.change(kind)
  }

  /** Makes it not more than `offset`, durably when this returns: what is behind is about to go. */
  lower(kind: OffsetCheckpoint, partition: TopicPartition, offset: number): void {
    const kept = this.get(kind, partition)
    if (kept !== undefined && kept > offset) this.set(kind, partition, offset)
    // What is in memory may have been lowered before, by a write that failed.
    if (kept !== undefined) this.write(kind)
  }

  /** Forgets a partition, durably when this returns. */
  forget(partition: TopicPartition): void {
    // The start last: without it the recovery point would speak of data that is gone.
    for (const kind of checkpointKinds.toReversed()) {
      if (this.offsets[kind].delete(partition)) this.change(kind)
      this.write(kind)
    }
  }

  /** Makes what is kept durable, if it has changed since. @throws {StorageError} */
  write(kind: OffsetCheckpoint): void {
    if (!this.changes.has(kind)) return
    // See `checkpointKinds`; `lower` may come between what was set and the writing of it.
    if (kind === 'recovery-point-offset-checkpoint') this.write('log-start-offset-checkpoint')
    this.writes.set(kind, (this.writes.get(kind) ?? 0) + 1)
    try {
      replaceFile(this.files, this.directory, kind, this.encode(kind))
    } catch (error) {
      throw this.problemOf(error, kind)
    }
    this.changes.delete(kind)
  }

  /**
   * The same with what is kept now, without blocking but for the change of names. One at a time of a
   * kind: those who ask while it is written share the next. Until it has settled this counts as not
   * written: `lower` and `forget` do not rely on it, and what they write meanwhile stays.
   *
   * @throws {StorageError}
   */
  writeLater(kind: OffsetCheckpoint): Promise<void> {
    const underWay = this.underWay.get(kind)
    if (underWay === undefined) return this.beginWrite(kind)
    underWay.next ??= underWay.ended.then(() => this.beginWrite(kind))
    return underWay.next
  }

  private beginWrite(kind: OffsetCheckpoint): Promise<void> {
    const writing = this.replaceLater(kind)
    const over = () => {
      // Or who comes between this and the next would begin a second one beside it.
      if (own.next === undefined) this.underWay.delete(kind)
    }
    const own: WriteUnderWay = { ended: writing.then(over, over), next: undefined }
    this.underWay.set(kind, own)
    return writing
  }

  private async replaceLater(kind: OffsetCheckpoint): Promise<void> {
    const changes = this.changes.get(kind)
    if (changes === undefined) return
    const writes = this.writes.get(kind)
    const isWanted = () => this.writes.get(kind) === writes
    try {
      await replaceFileLater(this.files, this.directory, kind, this.encode(kind), isWanted)
      await this.files.syncDirectoryLater(this.directory)
    } catch (error) {
      throw this.problemOf(error, kind)
    }
    if (isWanted() && this.changes.get(kind) === changes) this.changes.delete(kind)
  }

  writeAll(): void {
    for (const kind of checkpointKinds) this.write(kind)
  }

  private change(kind: OffsetCheckpoint): void {
    this.changes.set(kind, (this.changes.get(kind) ?? 0) + 1)
  }

  private encode(kind: OffsetCheckpoint): Uint8Array {
    const entries: PartitionOffset[] = []
    for (const { topic, partition, value } of this.offsets[kind].entries()) {
      entries.push({ topic, partition, offset: value })
    }
    return encodeOffsetCheckpoint(entries)
  }

  private problemOf(error: unknown, kind: OffsetCheckpoint): unknown {
    if (!isFromDisk(error)) return error
    return storageErrorOf(error, `${this.directory}/${kind} could not be written`)
  }

  private load(kind: OffsetCheckpoint): PartitionMap<number> {
    const path = `${this.directory}/${kind}`
    const offsets = new PartitionMap<number>()
    const bytes = this.files.readFile(path)
    if (bytes === undefined) return offsets
    try {
      for (const entry of decodeOffsetCheckpoint(kind, bytes)) {
        const isPartition = parsePartitionName(partitionName(entry)) !== undefined
        if (isPartition) offsets.set(entry, entry.offset)
      }
      return offsets
    } catch (error) {
      if (!(error instanceof CorruptFileError)) throw error
      if (kind === 'cleaner-offset-checkpoint') return offsets // it only saves work
      const advice = 'nothing was changed; without the file it would not be noticed if data is gone'
      const message = `${this.directory}/${error.message} (${advice})`
      throw new StorageError('Untrusted', message, { cause: error })
    }
  }
}
