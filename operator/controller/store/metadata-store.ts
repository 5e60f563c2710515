import type { MetadataBatch } from '../../../broker/metadata/batch.ts'
import type { MetadataImage } from '../../../broker/metadata/image.ts'
import type { MetadataPosition, MetadataState } from '../../../broker/metadata/position.ts'
import type { MetadataRecord } from '../../../broker/metadata/records.ts'

/**
 * Where the metadata log is kept: the one authority of a cluster. It has three ends: the Kubernetes
 * API, a directory (embedded mode), memory (the simulator).
 *
 * What every end promises:
 *
 * - An append happens whole or not at all, and only where the log is exactly at the position that
 *   the caller knows. Of all who know a position, one at most gets its append in.
 * - A promise that is kept says what is so: `appended` records are there for ever, of a
 *   `superseded` append nothing is there and nothing will ever be.
 * - While it is not known what became of an append the promise stays pending, for as long as that
 *   takes. Nobody may be told of success or failure meanwhile.
 */
export type MetadataStore = {
  /**
   * Reads the log. A log that is not there yet is made, with the cluster's id as its first record.
   * May be called again, for what others have appended, or after a `StoreError` Offline.
   *
   * @throws What makes the log unusable, in words for its owner: StorageError, MetadataError,
   *   LockHeldError.
   */
  open(): Promise<OpenedLog>

  /**
   * Puts records behind the position, as one batch of the epoch that they leave the log in. One
   * call at a time; an epoch record is the first of its controller's.
   *
   * @throws {StoreError} NotAppended, Offline.
   */
  append(
    position: MetadataPosition,
    records: readonly MetadataRecord[],
  ): Promise<Appended | Superseded>

  /**
   * Keeps the image at a position that the log went through, and drops what it covers. Appends go on
   * meanwhile. One call at a time.
   *
   * @throws {StoreError} NotAppended: no snapshot was taken, the log is as it was. Offline.
   */
  snapshot(position: MetadataPosition, image: MetadataImage): Promise<SnapshotTaken | Superseded>

  /**
   * Whether nobody else has written since. Who has nothing to write would never hear of it, and would answer
   * for ever from what it knows.
   *
   * @throws {StoreError} It cannot be told.
   */
  isLast(): Promise<boolean>

  /**
   * Lets go of it, once what is under way has ended. Nothing may be asked any more but `open`.
   */
  close(): void
}

export type OpenedLog = {
  /** The newest snapshot; the empty state where there is none. */
  readonly snapshot: MetadataState
  /** How large it is, for `isSnapshotDue`; 0 where there is none. */
  readonly snapshotBytes: number
  /** What was appended after it. */
  readonly batches: readonly MetadataBatch[]
  /** After all of these: `positionOf(state)` is where the next append goes. */
  readonly state: MetadataState
}

export type Appended = {
  readonly type: 'appended'
  readonly batch: MetadataBatch
  readonly position: MetadataPosition
}
export type SnapshotTaken = {
  readonly type: 'taken'
  /** Of the newest snapshot, for `isSnapshotDue`. */
  readonly snapshotBytes: number
}
/** Somebody else wrote. Whoever hears this steps down at once, and drops what it had not appended. */
export type Superseded = { readonly type: 'superseded' }

export const superseded: Superseded = { type: 'superseded' }
