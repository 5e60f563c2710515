import type { Clock } from '../../../lib/clock.ts'
import type { Files, OpenFile } from '../../../lib/files.ts'
import { invariant } from '../../../lib/invariant.ts'
import { isFromDisk, type StorageError, storageErrorOf } from '../../../lib/storage-error.ts'
import type { MetadataBatch } from '../batch.ts'
import { type MetadataState, positionOf } from '../position.ts'
import { snapshotBatches } from '../snapshot.ts'
import { partName, segmentName, snapshotName } from './file-names.ts'
import { type LogFilesOptions, openLogFiles, removeCovered } from './open-log-files.ts'
import type { FoundLog } from './read-log-files.ts'

/**
 * A metadata log in a directory, in Kafka's names and formats: segments of record batches, and
 * snapshots. The store of embedded mode and each broker's own copy are made of it.
 *
 * An append is in the log once it was written and synced, and before that it is not. After a write
 * that failed the segment is cut back, durably, to what was there, so that what was told to have
 * failed never comes back. After a sync that failed nothing is known of the disk: it is `offline`
 * until the directory is opened again.
 */
export class MetadataLogFiles {
  readonly #files: Files
  readonly #directory: string
  readonly #clock: Clock
  #segment: { readonly file: OpenFile; sizeBytes: number }
  #endOffset: number
  #snapshotOffset: number
  #snapshotBytes: number
  #isRollDue = false
  #isAppending = false
  #isTakingSnapshot = false
  #offline: StorageError | undefined

  private constructor(
    { files, directory, clock }: LogFilesOptions & { clock: Clock },
    { state, snapshot, snapshotBytes, segment }: ReturnType<typeof openLogFiles>,
  ) {
    this.#files = files
    this.#directory = directory
    this.#clock = clock
    this.#segment = { ...segment }
    this.#endOffset = state.offset
    this.#snapshotOffset = snapshot.offset
    this.#snapshotBytes = snapshotBytes
  }

  /** @throws As `openLogFiles` does, and what Node throws at a disk that fails. */
  static open(options: LogFilesOptions & { clock: Clock }): FoundLog & { log: MetadataLogFiles } {
    const { segment, ...found } = openLogFiles(options)
    return { ...found, log: new MetadataLogFiles(options, { segment, ...found }) }
  }

  get endOffset(): number {
    return this.#endOffset
  }

  /** How large the newest snapshot is; 0 where there is none. */
  get snapshotBytes(): number {
    return this.#snapshotBytes
  }

  /** Why nothing is taken any more: whether the last append is in the log is not known. */
  get offline(): StorageError | undefined {
    return this.#offline
  }

  /**
   * Puts a batch behind the last one, durably. One at a time.
   *
   * @throws {StorageError} It is not in the log and never will be, unless this is `offline` now.
   */
  async append(batch: MetadataBatch): Promise<void> {
    invariant(!this.#isAppending, 'one batch is appended at a time')
    invariant(batch.baseOffset === this.#endOffset, 'a batch begins where the log ends')
    this.#checkOnline()
    this.#isAppending = true
    try {
      if (this.#isRollDue) this.#roll()
      const { file, sizeBytes } = this.#segment
      this.#write(batch.bytes)
      await this.#syncing('an append', () => file.syncLater())
      this.#segment.sizeBytes = sizeBytes + batch.bytes.length
      this.#endOffset = batch.nextOffset
    } finally {
      this.#isAppending = false
    }
  }

  /**
   * Writes the image at an offset that the log has reached, and removes what it covers. Appends may
   * go on meanwhile: the image is written in pieces, with turns for others between them.
   *
   * @throws {StorageError} There is no new snapshot, and the log is as it was unless `offline`.
   */
  async takeSnapshot(state: MetadataState): Promise<void> {
    invariant(state.offset <= this.#endOffset, 'a snapshot is of an offset that was reached')
    if (state.offset <= this.#snapshotOffset) return
    await this.#writeSnapshot(state)
    this.#isRollDue = true
    this.#removeCovered()
  }

  /**
   * Puts a snapshot in the place of all that is there, where what lies between was never read.
   * Only in a copy, and with no append under way.
   *
   * @throws {StorageError} As `takeSnapshot` does.
   */
  async jumpTo(state: MetadataState): Promise<void> {
    invariant(!this.#isAppending && state.offset > this.#endOffset, 'a copy jumps ahead only')
    await this.#writeSnapshot(state)
    try {
      this.#startSegment(state.offset)
    } catch (error) {
      throw this.#goOffline(error, 'beginning behind a snapshot')
    }
    this.#endOffset = state.offset
    this.#removeCovered()
  }

  close(): void {
    this.#segment.file.close()
  }

  #write(bytes: Uint8Array): void {
    const { file, sizeBytes } = this.#segment
    try {
      file.write([bytes], sizeBytes)
    } catch (error) {
      if (!isFromDisk(error)) throw error
      this.#cutBack()
      throw storageErrorOf(error, 'an append to the metadata log')
    }
  }

  /** Durably: a write that failed may have reached the disk, and would be there after a crash. */
  #cutBack(): void {
    const { file, sizeBytes } = this.#segment
    try {
      file.truncate(sizeBytes)
      file.sync()
    } catch (error) {
      throw this.#goOffline(error, 'cutting off an append that failed')
    }
  }

  /**
   * Begins another segment, so that the one before can be removed. Where that fails the append does
   * too: nothing may come behind an offset at which a segment may have begun.
   */
  #roll(): void {
    try {
      if (this.#segment.sizeBytes > 0) this.#startSegment(this.#endOffset)
    } catch (error) {
      if (!isFromDisk(error)) throw error
      throw storageErrorOf(error, 'a new segment of the metadata log')
    }
    this.#isRollDue = false
    this.#removeCovered()
  }

  #startSegment(offset: number): void {
    const file = this.#files.create(`${this.#directory}/${segmentName(offset)}`)
    this.#syncDirectory()
    this.#segment.file.close()
    this.#segment = { file, sizeBytes: 0 }
  }

  async #writeSnapshot(state: MetadataState): Promise<void> {
    invariant(!this.#isTakingSnapshot, 'one snapshot is taken at a time')
    this.#checkOnline()
    this.#isTakingSnapshot = true
    const name = snapshotName(positionOf(state))
    const part = `${this.#directory}/${partName(name)}`
    try {
      const sizeBytes = await this.#writePart(part, state)
      this.#files.rename(part, `${this.#directory}/${name}`)
      this.#syncDirectory()
      this.#snapshotOffset = state.offset
      this.#snapshotBytes = sizeBytes
    } catch (error) {
      if (!isFromDisk(error)) throw error
      this.#removeQuietly(part)
      throw storageErrorOf(error, 'a snapshot of the metadata log')
    } finally {
      this.#isTakingSnapshot = false
    }
  }

  /** @returns Its size in bytes. */
  async #writePart(part: string, { image }: MetadataState): Promise<number> {
    const file = this.#files.create(part)
    try {
      file.truncate(0)
      let position = 0
      for (const bytes of snapshotBatches(image, { timestampMs: this.#clock.nowMs() })) {
        file.write([bytes], position)
        position += bytes.length
        await this.#clock.turn()
      }
      await this.#syncing('a snapshot', () => file.syncLater())
      return position
    } finally {
      file.close()
    }
  }

  #removeCovered(): void {
    try {
      removeCovered(this.#files, this.#directory, { offset: this.#snapshotOffset })
    } catch (error) {
      if (!isFromDisk(error)) throw error // what is left is removed with the next snapshot
    }
  }

  #removeQuietly(path: string): void {
    try {
      this.#files.remove(path)
    } catch (error) {
      if (!isFromDisk(error)) throw error // removed when the directory is opened again
    }
  }

  #syncDirectory(): void {
    try {
      this.#files.syncDirectory(this.#directory)
    } catch (error) {
      throw this.#goOffline(error, 'making names durable')
    }
  }

  async #syncing(what: string, sync: () => Promise<void>): Promise<void> {
    try {
      await sync()
    } catch (error) {
      throw this.#goOffline(error, `making ${what} durable`)
    }
    this.#checkOnline() // a snapshot may have failed meanwhile
  }

  /** @returns What to throw. */
  #goOffline(error: unknown, what: string): unknown {
    if (!isFromDisk(error)) return error
    this.#offline ??= storageErrorOf(error, `the metadata log, ${what}`)
    return this.#offline
  }

  #checkOnline(): void {
    if (this.#offline !== undefined) throw this.#offline
  }
}
