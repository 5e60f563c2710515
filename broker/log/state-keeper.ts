import { LeaderEpochs } from './leader-epochs.ts'
import { LogState } from './log-state.ts'
import { type CompletedTransaction, ProducerState } from './producer-state.ts'
import { replaySegments } from './replay.ts'
import type { Segments } from './segments.ts'
import type { Snapshot, StateFiles } from './state-files.ts'

/** Keeps what follows from the batches of a log, in memory and in its files. */
export class StateKeeper {
  private readonly files: StateFiles
  private readonly producerIdExpirationMs: number
  /** Made with the first batch: most logs of a broker may never get one. */
  private known: LogState | undefined
  private epochsChanged = false

  constructor(files: StateFiles, known: LogState | undefined, producerIdExpirationMs: number) {
    this.files = files
    this.known = known
    this.producerIdExpirationMs = producerIdExpirationMs
  }

  get state(): LogState | undefined {
    return this.known
  }

  /** Is told of a batch that was appended. @returns The transaction that it ended. */
  took(batch: Uint8Array, baseOffset: number): CompletedTransaction | undefined {
    this.known ??= new LogState(new LeaderEpochs(), new ProducerState(baseOffset))
    const { ended, newEpoch } = this.known.replay(batch)
    if (newEpoch) this.epochsChanged = true
    return ended
  }

  /** Of what is known now, to be written when the batches before it are. */
  snapshot(): Snapshot | undefined {
    const producers = this.known?.producers
    if (producers === undefined) return undefined
    return { offset: producers.mapEndOffset, content: producers.toSnapshot() }
  }

  /**
   * Durably, and with it all that was removed in the directory: a segment that was cut off and comes
   * back after a loss of power would contradict what is written at its offsets since.
   */
  writeEpochs(): void {
    if (this.known !== undefined) this.files.writeEpochs(this.known.epochs)
    this.epochsChanged = false
  }

  /** Before a log is closed for good. */
  writeChangedEpochs(): void {
    if (this.epochsChanged) this.writeEpochs()
  }

  /**
   * Before batches count as durable: their epochs must be known without going over them again.
   *
   * @returns Whether there is a new file now, whose name is to be made durable.
   */
  async writeChangedEpochsLater(isWanted: () => boolean): Promise<boolean> {
    if (!this.epochsChanged || this.known === undefined) return false
    this.epochsChanged = false // before: another may begin while the disk is busy
    await this.files.writeEpochsLater(this.known.epochs, isWanted)
    return true
  }

  /** The log was cut off at `endOffset`: forgets what followed from what is gone. */
  cutTo(endOffset: number, segments: Segments): void {
    if (this.known === undefined) return
    const fromOffset = segments.first?.baseOffset ?? endOffset
    this.files.removeSnapshots((offset) => offset > endOffset)
    this.known.producers = this.files.readSnapshot(endOffset, {
      fromOffset,
      nowMs: 0, // they expire by the time that is told with `removeExpired`, not here
      producerIdExpirationMs: this.producerIdExpirationMs,
    })
    replaySegments(segments, this.known, () => {})
    this.writeEpochs()
  }

  /** The log has no batch left and goes on at `offset`. */
  startAt(offset: number): void {
    this.files.removeSnapshots(() => true)
    this.known?.epochs.clear()
    this.known?.producers.truncateFullyAndStartAt(offset)
    this.writeEpochs()
  }

  /** The log begins at `offset` now. */
  moveStartTo(offset: number): void {
    if (this.known?.epochs.truncateFromStart(offset) === true) this.epochsChanged = true
    this.known?.producers.onLogStartOffsetIncremented(offset)
  }

  /** The first segment begins at `baseOffset` now. */
  removeSnapshotsBefore(baseOffset: number): void {
    this.files.removeSnapshots((offset) => offset < baseOffset)
  }
}
