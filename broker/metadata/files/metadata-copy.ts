import type { Clock } from '../../../lib/clock.ts'
import type { Files } from '../../../lib/files.ts'
import { StorageError } from '../../../lib/storage-error.ts'
import type { MetadataBatch } from '../batch.ts'
import { metadataLevelOf } from '../levels.ts'
import { applyBatch, type MetadataPosition, type MetadataState, positionOf } from '../position.ts'
import { checkIsRead, maxMetadataVersion } from '../reads-up-to.ts'
import { isSnapshotDue } from '../snapshot-due.ts'
import { MetadataLogFiles } from './log-files.ts'

/**
 * A broker's own copy of the metadata log: the state it acts on, and the same on its disk, from
 * which it knows who it was when it starts again, and from which `kavka recover` makes a log where
 * that was lost.
 *
 * A record is in the authority before a broker hears of it, so the state goes on at once, and the
 * disk follows: who loses the end of its copy fetches it again.
 */
export class MetadataCopy {
  /** The highest `metadata.version` of which this broker reads all. */
  readonly readsUpTo: number
  readonly #log: MetadataLogFiles
  #state: MetadataState
  #sizes: { loggedBytes: number; snapshotBytes: number }
  #writing: Promise<void> = Promise.resolve()
  #isBehind = false
  readonly #onFull: (problem: StorageError) => void

  private constructor(
    { log, state }: { log: MetadataLogFiles; state: MetadataState },
    sizes: { loggedBytes: number; snapshotBytes: number },
    { readsUpTo, onFull }: { readsUpTo: number; onFull: (problem: StorageError) => void },
  ) {
    this.readsUpTo = readsUpTo
    this.#log = log
    this.#state = state
    this.#sizes = sizes
    this.#onFull = onFull
  }

  /**
   * @param options.readsUpTo Left out: all that this version of kavka knows.
   * @param options.onFull The disk has no room: the state goes on, and nothing of it is written any
   *   more until the copy is opened again.
   * @throws As `openLogFiles` does.
   */
  static open(options: {
    files: Files
    clock: Clock
    directory: string
    readsUpTo?: number
    onFull: (problem: StorageError) => void
  }): MetadataCopy {
    const { readsUpTo = maxMetadataVersion, onFull } = options
    const opened = MetadataLogFiles.open({ ...options, mayJump: true })
    const loggedBytes = opened.batches.reduce((sum, { bytes }) => sum + bytes.length, 0)
    const { snapshotBytes } = opened
    checkIsRead(metadataLevelOf(opened.state.image), readsUpTo)
    return new MetadataCopy(opened, { loggedBytes, snapshotBytes }, { readsUpTo, onFull })
  }

  get state(): MetadataState {
    return this.#state
  }

  /** What goes into each Fetch of the log: the controller compares it with its own history. */
  get position(): MetadataPosition {
    return positionOf(this.#state)
  }

  /**
   * Applies the next batch. The state is the one after it when this returns.
   *
   * @returns Once it is on disk, or the disk is full; a snapshot may have been taken too.
   * @throws {MetadataError} At once, and nothing has changed: Gap, Diverged, or a record that is not
   *   known or does not fit.
   */
  apply(batch: MetadataBatch): Promise<void> {
    const state = applyBatch(this.#state, batch)
    this.#goOnTo(state)
    return this.#write(async () => {
      await this.#log.append(batch)
      this.#sizes.loggedBytes += batch.bytes.length
      if (!isSnapshotDue(this.#sizes)) return
      await this.#log.takeSnapshot(state)
      this.#sizes = { loggedBytes: 0, snapshotBytes: this.#log.snapshotBytes }
    })
  }

  /**
   * Goes on from a snapshot, where the controller does not have the records any more.
   *
   * @throws {MetadataError} UnknownFeature, at once, and nothing has changed.
   */
  jumpTo(state: MetadataState): Promise<void> {
    this.#goOnTo(state)
    return this.#write(async () => {
      await this.#log.jumpTo(state)
      this.#sizes = { loggedBytes: 0, snapshotBytes: this.#log.snapshotBytes }
    })
  }

  close(): void {
    this.#log.close()
  }

  #goOnTo(state: MetadataState): void {
    checkIsRead(metadataLevelOf(state.image), this.readsUpTo)
    this.#state = state
  }

  async #runUnlessFull(run: () => Promise<void>): Promise<void> {
    if (this.#isBehind) return
    try {
      await run()
    } catch (error) {
      if (!(error instanceof StorageError) || error.problem !== 'DiskFull') throw error
      this.#isBehind = true
      this.#onFull(error)
    }
  }

  /** One behind the other. After one that failed the others do too: there would be a gap. */
  #write(run: () => Promise<void>): Promise<void> {
    const written = this.#writing.then(() => this.#runUnlessFull(run))
    this.#writing = written
    written.catch(() => {}) // whoever called sees it
    return written
  }
}
