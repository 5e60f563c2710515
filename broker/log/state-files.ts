import type { Files } from '../../lib/files.ts'
import { replaceFile, replaceFileLater, writeFile } from '../../lib/replace-file.ts'
import { CorruptFileError } from './corrupt-file-error.ts'
import { decodeLeaderEpochs, encodeLeaderEpochs } from './leader-epoch-checkpoint.ts'
import { LeaderEpochs } from './leader-epochs.ts'
import { epochsFileName, parseSegmentFileName, segmentFileName } from './names.ts'
import { ProducerState } from './producer-state.ts'

/** What was known of producers before an offset, as it is in a file that is named after it. */
export type Snapshot = { readonly offset: number; readonly content: Uint8Array }

/**
 * Where a log keeps what it knows beside its batches: the leader epochs in one file, the producers
 * in a snapshot for each segment, so that after a crash only one segment has to be gone over.
 */
export class StateFiles {
  private readonly files: Files
  private readonly directory: string

  constructor(files: Files, directory: string) {
    this.files = files
    this.directory = directory
  }

  /** @returns Undefined if the file is not there or damaged: the batches tell them too. */
  readEpochs(): LeaderEpochs | undefined {
    const bytes = this.files.readFile(`${this.directory}/${epochsFileName}`)
    if (bytes === undefined) return undefined
    try {
      return new LeaderEpochs(decodeLeaderEpochs(bytes))
    } catch (error) {
      if (error instanceof CorruptFileError) return undefined
      throw error
    }
  }

  writeEpochs(epochs: LeaderEpochs): void {
    replaceFile(this.files, this.directory, epochsFileName, encodeLeaderEpochs(epochs.entries))
  }

  writeEpochsLater(epochs: LeaderEpochs, isWanted: () => boolean): Promise<void> {
    const content = encodeLeaderEpochs(epochs.entries)
    return replaceFileLater(this.files, this.directory, epochsFileName, content, isWanted)
  }

  /**
   * A snapshot is not made durable: its CRC tells if it is whole, and an older one will do.
   */
  writeSnapshot({ offset, content }: Snapshot): void {
    writeFile(this.files, this.snapshotPath(offset), content)
  }

  /**
   * The newest snapshot that is not behind an offset. Those that are damaged are passed over.
   *
   * @returns Producers who know nothing, from `fromOffset` on, if there is none.
   */
  readSnapshot(
    notBehind: number,
    {
      fromOffset,
      ...expiry
    }: { fromOffset: number; nowMs: number; producerIdExpirationMs: number },
  ): ProducerState {
    for (const mapEndOffset of this.snapshots().toReversed()) {
      if (mapEndOffset > notBehind || mapEndOffset < fromOffset) continue
      const path = this.snapshotPath(mapEndOffset)
      try {
        const bytes = this.files.readFile(path) as Uint8Array
        return ProducerState.fromSnapshot(bytes, { mapEndOffset, ...expiry })
      } catch (error) {
        if (!(error instanceof CorruptFileError)) throw error
        this.files.remove(path)
      }
    }
    return new ProducerState(fromOffset)
  }

  /** Removes the snapshots for whose offset `unwanted` returns true. */
  removeSnapshots(unwanted: (offset: number) => boolean): void {
    for (const offset of this.snapshots()) {
      if (unwanted(offset)) this.files.remove(this.snapshotPath(offset))
    }
  }

  private snapshots(): number[] {
    const found = this.files.list(this.directory).map(parseSegmentFileName)
    const offsets = found.flatMap((file) => (file?.kind === 'snapshot' ? [file.baseOffset] : []))
    return offsets.toSorted((a, b) => a - b)
  }

  private snapshotPath(offset: number): string {
    return `${this.directory}/${segmentFileName(offset, 'snapshot')}`
  }
}
