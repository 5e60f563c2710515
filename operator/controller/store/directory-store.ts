import { encodeBatch } from '../../../broker/metadata/batch.ts'
import { metadataFiles } from '../../../broker/metadata/files/file-names.ts'
import { MetadataLogFiles } from '../../../broker/metadata/files/log-files.ts'
import type { MetadataImage } from '../../../broker/metadata/image.ts'
import {
  applyBatch,
  type MetadataPosition,
  positionAfter,
  positionOf,
  samePosition,
} from '../../../broker/metadata/position.ts'
import type { MetadataRecord } from '../../../broker/metadata/records.ts'
import type { Clock } from '../../../lib/clock.ts'
import type { Files } from '../../../lib/files.ts'
import { invariant } from '../../../lib/invariant.ts'
import type { HeldLock } from '../../../lib/kernel-lock.ts'
import { StorageError } from '../../../lib/storage-error.ts'
import { firstBatch } from './birth.ts'
import { readClusterFile, writeClusterFile } from './cluster-file.ts'
import {
  type Appended,
  type MetadataStore,
  type OpenedLog,
  type SnapshotTaken,
  type Superseded,
  superseded,
} from './metadata-store.ts'
import { StoreError } from './store-error.ts'

export type DirectoryStoreOptions = {
  readonly files: Files
  readonly clock: Clock
  /** `<data>/metadata`: made if it is not there, in a directory that is. */
  readonly directory: string
  /** Whose the log must be, where that is known from elsewhere. */
  readonly clusterId?: string
  /** Whose a log becomes that is made now. */
  readonly newClusterId: string
  /** Takes the lock on a file, or says who has it: `acquireLock`. */
  readonly lock: (path: string) => Promise<HeldLock>
}

/**
 * The metadata log of embedded mode: files in a directory, of which a kernel lock makes sure that
 * one process at a time writes them. So nobody else can append between, and `superseded` is only
 * for who comes with a position of before.
 */
export class DirectoryStore implements MetadataStore {
  readonly #options: DirectoryStoreOptions
  #lock: HeldLock | undefined
  #log: MetadataLogFiles | undefined
  #position: MetadataPosition | undefined
  readonly #underWay = new Set<Promise<void>>()

  constructor(options: DirectoryStoreOptions) {
    this.#options = options
  }

  async open(): Promise<OpenedLog> {
    const { files, directory, lock } = this.#options
    this.#log?.close()
    this.#log = undefined
    files.makeDirectory(directory)
    this.#lock ??= await lock(`${directory}/.lock`)
    try {
      const opened = await this.#read()
      this.#position = positionOf(opened.state)
      return opened
    } catch (error) {
      this.close()
      throw error
    }
  }

  /** Its lock keeps all others out. */
  async isLast(): Promise<boolean> {
    return true
  }

  async append(
    position: MetadataPosition,
    records: readonly MetadataRecord[],
  ): Promise<Appended | Superseded> {
    const log = this.#opened()
    if (!this.#isAt(position)) return superseded
    const after = positionAfter(position, records)
    const batch = encodeBatch(records, {
      baseOffset: position.offset,
      controllerEpoch: after.epoch,
      timestampMs: this.#options.clock.nowMs(),
    })
    await this.#storing(log, log.append(batch))
    this.#position = after
    return { type: 'appended', batch, position: after }
  }

  async snapshot(
    { offset }: MetadataPosition,
    image: MetadataImage,
  ): Promise<SnapshotTaken | Superseded> {
    const log = this.#opened()
    if (offset > log.endOffset) return superseded
    await this.#storing(log, log.takeSnapshot({ image, offset }))
    return { type: 'taken', snapshotBytes: log.snapshotBytes }
  }

  close(): void {
    const [log, lock] = [this.#log, this.#lock]
    this.#log = undefined
    this.#lock = undefined
    const letGo = () => {
      log?.close()
      lock?.release()
    }
    // Whoever has the lock next must find nobody writing still.
    if (this.#underWay.size === 0) letGo()
    else void Promise.allSettled(this.#underWay).then(letGo)
  }

  async #read(): Promise<OpenedLog> {
    const { files, directory, clock, clusterId, newClusterId } = this.#options
    const owner = readClusterFile(files, directory)
    if (owner === undefined) this.#checkUnborn()
    else this.#checkOwner(owner, clusterId)
    // Where the file is there, the first record was durable: a log without it has lost it.
    const minEndOffset = owner === undefined ? 0 : 1
    const opened = MetadataLogFiles.open({ files, directory, clock, minEndOffset, mayJump: false })
    this.#log = opened.log
    let { state, batches } = opened
    if (state.offset === 0) {
      const batch = firstBatch(clusterId ?? newClusterId, clock.nowMs())
      await opened.log.append(batch)
      state = applyBatch(state, batch)
      batches = [batch]
    }
    const found = state.image.clusterId
    this.#checkOwner(found, owner ?? clusterId)
    if (owner === undefined && state.offset > 1) throw this.#unknownOwner()
    // Also where it is there, but nothing was built on that yet: its name may not be durable.
    if (state.offset === 1) writeClusterFile(files, directory, found as string)
    const { snapshot, snapshotBytes } = opened
    return { snapshot, snapshotBytes, batches, state }
  }

  #checkOwner(found: string | undefined, expected: string | undefined): void {
    if (expected === undefined || found === expected) return
    const what = `${this.#options.directory} holds the metadata of cluster ${found ?? '(none)'}`
    throw new StorageError('Foreign', `${what}, expected ${expected}: it is not touched`)
  }

  /** A log that was being made when its process ended has one segment, with one record or none. */
  #checkUnborn(): void {
    const { files, directory } = this.#options
    const { segments, snapshots } = metadataFiles(files.list(directory))
    if (snapshots.length === 0 && segments.every(({ offset }) => offset === 0)) return
    throw this.#unknownOwner()
  }

  #unknownOwner(): StorageError {
    const what = `${this.#options.directory} holds a log, but not the file that says whose it is`
    return new StorageError('Foreign', `${what}: it is not touched`)
  }

  /** @throws {StoreError} */
  async #storing(log: MetadataLogFiles, call: Promise<void>): Promise<void> {
    this.#underWay.add(call)
    try {
      await call
    } catch (error) {
      if (!(error instanceof StorageError)) throw error
      const problem = log.offline === undefined ? 'NotAppended' : 'Offline'
      throw new StoreError(problem, error.message, { cause: error })
    } finally {
      this.#underWay.delete(call)
    }
  }

  #isAt(position: MetadataPosition): boolean {
    return this.#position !== undefined && samePosition(this.#position, position)
  }

  #opened(): MetadataLogFiles {
    invariant(this.#log !== undefined, 'a store is opened before anything is asked of it')
    return this.#log
  }
}
