import { StorageError } from '../../lib/storage-error.ts'
import type { DetachedFile, FileHandles } from './file-handles.ts'

/**
 * The batches of a segment as answers read them on their way out, which takes as long as a consumer
 * likes. Who holds it reads what was there when its slice was taken, also once the file was removed
 * or another has its name; or gets an error, never other bytes.
 *
 * A slice is held from when it is taken until the turn ends, in which its answer is made and holds it
 * on. No file is open for that while the segment has its name: it is opened again whenever it is read.
 */
export class BatchSource {
  private readonly handles: FileHandles
  private readonly path: string
  private holders = 0
  private isLent = false
  private end: 'retired' | 'cut' | undefined
  /** Of its own, once the name of the file is not its own any more. */
  private detached: DetachedFile | undefined

  constructor(handles: FileHandles, path: string) {
    this.handles = handles
    this.path = path
    this.end = undefined
    this.detached = undefined
  }

  /** To be called with each slice that is taken. */
  lend(): void {
    const { turn } = this.handles
    if (this.isLent || turn === undefined) return
    this.isLent = true
    this.hold()
    void turn().then(() => {
      this.isLent = false
      this.release()
    })
  }

  hold(): void {
    this.holders += 1
  }

  /** To be called as often as `hold`. */
  release(): void {
    this.holders -= 1
    if (this.holders > 0) return
    this.detached?.close()
    this.detached = undefined
  }

  /** @throws {StorageError} Closed: the log has to be read again. */
  read(into: Uint8Array, position: number): number {
    this.checkReadable()
    return (this.detached?.file ?? this.handles.use(this.path)).read(into, position)
  }

  /** As `read`, without blocking. */
  async readLater(into: Uint8Array, position: number): Promise<number> {
    this.checkReadable()
    const count = await (this.detached?.file.readLater(into, position) ??
      this.handles.hold(this.path, (file) => file.readLater(into, position)))
    if (this.end === 'cut') this.checkReadable() // others may be written there by now
    return count
  }

  /** To be called before the file's name is given up: who holds it goes on reading. */
  retire(): void {
    if (this.end !== undefined) return
    this.end = 'retired'
    if (this.holders > 0) this.detached = this.handles.detach(this.path)
  }

  /** To be called before anything is cut off: other batches may come where some were. */
  cut(): void {
    this.end = 'cut'
  }

  private checkReadable(): void {
    if (this.end === undefined || (this.end === 'retired' && this.detached !== undefined)) return
    throw new StorageError('Closed', `segment ${this.path} is gone, read the log again`)
  }
}
