import { applyRecords } from '../../broker/metadata/apply.ts'
import type { MetadataBatch } from '../../broker/metadata/batch.ts'
import type { MetadataImage } from '../../broker/metadata/image.ts'
import { checkLevels, metadataLevelOf } from '../../broker/metadata/levels.ts'
import {
  type MetadataPosition,
  type MetadataState,
  positionOf,
} from '../../broker/metadata/position.ts'
import { checkIsRead, maxMetadataVersion } from '../../broker/metadata/reads-up-to.ts'
import { type MetadataRecord, metadataRecord } from '../../broker/metadata/records.ts'
import { isSnapshotDue, snapshotDelayMs } from '../../broker/metadata/snapshot-due.ts'
import { KafkaError } from '../../broker/protocol/errors.ts'
import type { Clock, Timer } from '../../lib/clock.ts'
import { invariant } from '../../lib/invariant.ts'
import type { Decision } from './decide/decision.ts'
import type { MetadataStore } from './store/metadata-store.ts'
import { StoreError } from './store/store-error.ts'

export type MetadataWriterOptions = {
  readonly store: MetadataStore
  readonly clock: Pick<Clock, 'timer'>
  /** The highest `metadata.version` of which all is read here. Left out: all that this version knows. */
  readonly readsUpTo?: number
  /** New for each attempt to take over. */
  readonly incarnationId: string
  /** Told of each append, once it is there for ever. */
  readonly onCommit: (batch: MetadataBatch, before: MetadataImage) => void
  /** Nothing is decided any more, and why: somebody else took over, or the store failed. */
  readonly onStopped: (why: string, about: Stopped) => void
  readonly log: (message: string) => void
  /** Our own mistake where nobody waits. */
  readonly onFatal: (error: unknown) => void
}

export type Stopped = {
  /**
   * Where a broker is, and the log was not: another controller would come to the same, until somebody has
   * done something and the log has that.
   */
  readonly missing?: MetadataPosition
}

/**
 * The one that appends to the metadata log. It has two images: what is appended, and what will be
 * once all that is decided is. Decisions are made on the second; answers and brokers see only the
 * first (safety rules, case 11). One append is under way at a time, and what is decided meanwhile
 * goes into the next, together.
 */
export class MetadataWriter {
  private readonly options: MetadataWriterOptions
  private committedState: MetadataState
  private pending: MetadataImage
  /** Where the next record that is decided will be. */
  private pendingOffset: number
  private waiting: Waiting[] = []
  private isWriting = false
  private stopped: string | undefined
  /** What is asked for meanwhile waits for this. */
  private held: PromiseWithResolvers<void> | undefined
  private doubting: Promise<void> | undefined
  private isTakingSnapshot = false
  private snapshotTimer: Timer | undefined
  private sizes: { loggedBytes: number; snapshotBytes: number }
  private readonly history: LoggedBatch[]

  private constructor(
    options: MetadataWriterOptions,
    state: MetadataState,
    { batches, snapshotBytes }: { batches: readonly MetadataBatch[]; snapshotBytes: number },
  ) {
    this.options = options
    this.committedState = state
    this.pending = state.image
    this.pendingOffset = state.offset
    this.history = batches.map(logged)
    const loggedBytes = batches.reduce((sum, { bytes }) => sum + bytes.length, 0)
    this.sizes = { loggedBytes, snapshotBytes }
  }

  /**
   * Takes over: reads the log, and appends that from now on this controller decides.
   *
   * @throws What makes the log unusable, in words for its owner; {MetadataError} UnknownFeature, where it
   *   is written at a level that is not read here: nothing was appended then.
   */
  static async open(options: MetadataWriterOptions): Promise<MetadataWriter> {
    const { store, incarnationId, readsUpTo = maxMetadataVersion } = options
    const opened = await store.open()
    try {
      checkIsRead(metadataLevelOf(opened.state.image), readsUpTo)
    } catch (error) {
      store.close()
      throw error
    }
    const writer = new MetadataWriter(options, opened.state, opened)
    const { offset: startOffset, image } = opened.state
    const epoch = image.controller.epoch + 1
    const fields = { epoch, incarnationId, startOffset }
    const record = metadataRecord('ControllerEpochRecord', fields)
    try {
      await writer.change(() => ({ records: [record], response: undefined }))
      return writer
    } catch (error) {
      store.close() // or nobody could try again
      throw (error as KafkaError).cause ?? error
    }
  }

  /** What is appended. */
  get committed(): MetadataState {
    return this.committedState
  }

  /** Batches behind the snapshot, by rising offset. */
  get batches(): readonly LoggedBatch[] {
    return this.history
  }

  get isStopped(): boolean {
    return this.stopped !== undefined
  }

  get isHeld(): boolean {
    return this.held !== undefined
  }

  /** From now on nothing is decided: what is asked for waits, until it is released. */
  hold(): void {
    if (!this.isStopped) this.held ??= Promise.withResolvers()
  }

  release(): void {
    if (this.doubting === undefined) this.letGo()
  }

  /**
   * Decides something, and appends it.
   *
   * @param decide Pure. What it throws is thrown here, and nothing is appended. It is told the offset
   *   that its first record will have.
   * @returns Its response, once all that it was decided on is appended.
   * @throws {KafkaError} NOT_CONTROLLER: it is not known whether it was appended, or it was not.
   */
  async change<T>(decide: (image: MetadataImage, offset: number) => Decision<T>): Promise<T> {
    this.checkRunning()
    while (this.held !== undefined) {
      await this.held.promise
      this.checkRunning()
    }
    const { records, response } = decide(this.pending, this.pendingOffset)
    checkLevels(this.pending, records)
    this.pending = applyRecords(this.pending, records)
    this.pendingOffset += records.length
    await new Promise<void>((resolve, reject) => {
      const after = { image: this.pending, offset: this.pendingOffset }
      this.waiting.push({ records, after, resolve, reject })
      if (!this.isWriting) this.write().catch(this.options.onFatal)
    })
    return response
  }

  /** For who has written nothing for a while: stops where another took over meanwhile. */
  async checkIsLast(): Promise<void> {
    if (this.isStopped) return
    try {
      if (!(await this.options.store.isLast())) this.stop(tookOver)
    } catch (error) {
      // While the store is away nobody else takes over either.
      if (!(error instanceof StoreError)) throw error
    }
  }

  /**
   * Somebody knows of something that is not in this log. It decides nothing more, and stops: since
   * another controller took over; where none did, since the log is not what it was.
   *
   * @param why In words for its owner, if it is the latter.
   */
  async doubt(missing: MetadataPosition, why: string): Promise<void> {
    if (this.isStopped) return
    this.hold()
    this.doubting ??= this.settle(missing, why)
    await this.doubting
  }

  /** Decides nothing more, since it was told so. */
  close(): void {
    this.stopped ??= 'it was stopped'
    this.snapshotTimer?.cancel()
    this.letGo()
    this.options.store.close()
  }

  private async settle(missing: MetadataPosition, why: string): Promise<void> {
    try {
      if (await this.options.store.isLast()) this.stop(why, { missing })
      else this.stop(tookOver)
    } catch (error) {
      if (!(error instanceof StoreError)) throw error
      this.stop(error.message) // whoever is next on this log will hear of it too
    }
  }

  private async write(): Promise<void> {
    this.isWriting = true
    while (this.waiting.length > 0) {
      const group = this.waiting
      this.waiting = []
      const records = group.flatMap((own) => own.records)
      const after = group.at(-1)?.after ?? this.committedState
      const failure = records.length === 0 ? undefined : await this.append(records, after)
      for (const { resolve, reject } of group) {
        if (failure === undefined) resolve()
        else reject(failure)
      }
    }
    this.isWriting = false
  }

  /** @returns Why not. */
  private async append(
    records: readonly MetadataRecord[],
    after: MetadataState,
  ): Promise<KafkaError | undefined> {
    const { store, onCommit } = this.options
    if (this.doubting !== undefined) await this.doubting
    if (this.stopped !== undefined) return notController(this.stopped)
    try {
      const appended = await store.append(positionOf(this.committedState), records)
      if (appended.type === 'superseded') {
        this.stop(tookOver)
        return notController(tookOver)
      }
      const before = this.committedState.image
      invariant(appended.batch.nextOffset === after.offset, 'what is appended is what was decided')
      // The image that was decided on, not one made of the same records: that would share nothing with it.
      this.committedState = after
      this.history.push(logged(appended.batch))
      this.sizes.loggedBytes += appended.batch.bytes.length
      onCommit(appended.batch, before)
      if (!this.isTakingSnapshot && isSnapshotDue(this.sizes)) this.snapshotLater()
      return undefined
    } catch (error) {
      if (!(error instanceof StoreError)) throw error
      // What was decided on top of it is void too; the log is as it was.
      this.stop(error.message)
      return notController(error.message, error.cause)
    }
  }

  private snapshotLater(): void {
    this.snapshotTimer ??= this.options.clock.timer(snapshotDelayMs, () => {
      this.snapshotTimer = undefined
      if (!this.isStopped) this.snapshotNow().catch(this.options.onFatal)
    })
  }

  /** Beside the appends, which do not wait for it. */
  private async snapshotNow(): Promise<void> {
    this.isTakingSnapshot = true
    const { offset } = this.committedState
    const { loggedBytes } = this.sizes
    const snapshotBytes = await this.takeSnapshot()
    this.isTakingSnapshot = false
    // One that failed is tried again after as much again was logged.
    this.sizes.loggedBytes -= loggedBytes
    if (snapshotBytes === undefined) return
    this.sizes.snapshotBytes = snapshotBytes
    // Brokers that are behind are given the last batches still, if they are here.
    while ((this.history[0]?.nextOffset ?? offset) <= offset - keptOffsets) this.history.shift()
  }

  /** @returns Its size; undefined where there is none. */
  private async takeSnapshot(): Promise<number | undefined> {
    const { store, log } = this.options
    try {
      const taken = await store.snapshot(positionOf(this.committedState), this.committedState.image)
      if (taken.type === 'taken') return taken.snapshotBytes
      this.stop(tookOver)
    } catch (error) {
      if (!(error instanceof StoreError)) throw error
      if (error.problem === 'Offline') this.stop(error.message)
      else log(`no snapshot of the metadata log is taken: ${error.message}`)
    }
    return undefined
  }

  private stop(why: string, about: Stopped = {}): void {
    if (this.stopped !== undefined) return
    this.stopped = why
    this.letGo()
    this.options.onStopped(why, about)
  }

  private letGo(): void {
    this.held?.resolve()
    this.held = undefined
  }

  private checkRunning(): void {
    if (this.stopped !== undefined) throw notController(this.stopped)
  }
}

/** A batch without its records, which take ten times as much: `decodeBatch` has them again. */
export type LoggedBatch = Pick<MetadataBatch, 'baseOffset' | 'nextOffset' | 'bytes'>

function logged({ baseOffset, nextOffset, bytes }: MetadataBatch): LoggedBatch {
  return { baseOffset, nextOffset, bytes }
}

type Waiting = {
  readonly records: readonly MetadataRecord[]
  /** What is so once they are appended. */
  readonly after: MetadataState
  readonly resolve: () => void
  readonly reject: (error: KafkaError) => void
}

function notController(why: string, cause?: unknown): KafkaError {
  const message = `this controller does not decide any more: ${why}`
  return new KafkaError('NOT_CONTROLLER', message, { cause })
}

const tookOver = 'another controller took over'
/** So many records stay in memory behind a snapshot, for brokers that were away for a moment. */
const keptOffsets = 10_000
