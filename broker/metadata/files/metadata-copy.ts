import type { Clock, Timer } from '../../../lib/clock.ts'
import type { Files } from '../../../lib/files.ts'
import { StorageError } from '../../../lib/storage-error.ts'
import type { MetadataBatch } from '../batch.ts'
import { metadataLevelOf } from '../levels.ts'
import { applyBatch, type MetadataPosition, type MetadataState, positionOf } from '../position.ts'
import { checkIsRead, maxMetadataVersion } from '../reads-up-to.ts'
import { isSnapshotDue, snapshotDelayMs } from '../snapshot-due.ts'
import { MetadataLogFiles } from './log-files.ts'

type OpenOptions = {
  readonly files: Files
  readonly clock: Clock
  readonly directory: string
  readonly readsUpTo?: number
  readonly onFull: (problem: StorageError) => void
}

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
  readonly #clock: Pick<Clock, 'timer'>
  #state: MetadataState
  /** What of it is on disk. */
  #written: MetadataState
  #snapshotTimer: Timer | undefined
  #sizes: { loggedBytes: number; snapshotBytes: number }
  #writing: Promise<void> = Promise.resolve()
  #isBehind = false
  readonly #onFull: (problem: StorageError) => void

  private constructor(
    { log, state }: { log: MetadataLogFiles; state: MetadataState },
    sizes: { loggedBytes: number; snapshotBytes: number },
    {
      readsUpTo,
      onFull,
      clock,
    }: Pick<MetadataCopy, 'readsUpTo'> & Pick<OpenOptions, 'onFull' | 'clock'>,
  ) {
    this.readsUpTo = readsUpTo
    this.#log = log
    this.#clock = clock
    this.#state = state
    this.#written = state
    this.#sizes = sizes
    this.#onFull = onFull
  }

  /**
   * @param options.readsUpTo Left out: all that this version of kavka knows.
   * @param options.onFull The disk has no room: the state goes on, and nothing of it is written any
   *   more until the copy is opened again.
   * @throws As `openLogFiles` does.
   */
  static open(options: OpenOptions): MetadataCopy {
    const { readsUpTo = maxMetadataVersion, onFull, clock } = options
    const opened = MetadataLogFiles.open({ ...options, mayJump: true })
    const loggedBytes = opened.batches.reduce((sum, { bytes }) => sum + bytes.length, 0)
    const { snapshotBytes } = opened
    checkIsRead(metadataLevelOf(opened.state.image), readsUpTo)
    return new MetadataCopy(opened, { loggedBytes, snapshotBytes }, { readsUpTo, onFull, clock })
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
   * @returns Once it is on disk, or the disk is full.
   * @throws {MetadataError} At once, and nothing has changed: Gap, Diverged, or a record that is not
   *   known or does not fit.
   */
  apply(batch: MetadataBatch): Promise<void> {
    const state = applyBatch(this.#state, batch)
    this.#goOnTo(state)
    return this.#write(async () => {
      await this.#log.append(batch)
      this.#sizes.loggedBytes += batch.bytes.length
      this.#written = state
      if (isSnapshotDue(this.#sizes)) this.#snapshotLater()
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
      this.#written = state
      this.#sizes = { loggedBytes: 0, snapshotBytes: this.#log.snapshotBytes }
    })
  }

  close(): void {
    this.#snapshotTimer?.cancel()
    this.#log.close()
  }

  #goOnTo(state: MetadataState): void {
    checkIsRead(metadataLevelOf(state.image), this.readsUpTo)
    this.#state = state
  }

  /** What goes wrong with it goes wrong with all that follows: see `#write`. */
  #snapshotLater(): void {
    this.#snapshotTimer ??= this.#clock.timer(snapshotDelayMs, () => {
      this.#snapshotTimer = undefined
      void this.#write(async () => {
        await this.#log.takeSnapshot(this.#written)
        this.#sizes = { loggedBytes: 0, snapshotBytes: this.#log.snapshotBytes }
      })
    })
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
