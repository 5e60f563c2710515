import type { OpenFile } from '../../lib/files.ts'
import { StorageError } from '../../lib/storage-error.ts'
import type { FileHandles } from './file-handles.ts'

/**
 * The batches of a segment as answers read them on their way out, which takes as long as a consumer
 * likes. Whoever holds it reads what was there when its slice was taken, also once the file was
 * removed or another has its name; or gets an error, never other bytes.
 */
export class BatchSource {
  private readonly handles: FileHandles
  private readonly path: string
  private holders = 0
  private end: 'retired' | 'cut' | undefined
  /** Of its own, once the name of the file is not its own any more. */
  private file: OpenFile | undefined

  constructor(handles: FileHandles, path: string) {
    this.handles = handles
    this.path = path
    this.end = undefined
    this.file = undefined
  }

  hold(): void {
    this.holders += 1
  }

  release(): void {
    this.holders -= 1
    if (this.holders > 0) return
    this.file?.close()
    this.file = undefined
  }

  read(into: Uint8Array, position: number): number {
    this.checkReadable()
    return (this.file ?? this.handles.use(this.path)).read(into, position)
  }

  /** @throws {StorageError} Closed: the log has to be read again. */
  async readLater(into: Uint8Array, position: number): Promise<number> {
    this.checkReadable()
    const count = await (this.file?.readLater(into, position) ??
      this.handles.hold(this.path, (file) => file.readLater(into, position)))
    if (this.end === 'cut') this.checkReadable() // others may be written there by now
    return count
  }

  /** To be called before the file's name is given up: who holds it goes on reading. */
  retire(): void {
    if (this.end !== undefined) return
    this.end = 'retired'
    if (this.holders > 0) this.file = this.handles.take(this.path)
  }

  /** To be called before anything is cut off: other batches may come where some were. */
  cut(): void {
    this.end = 'cut'
  }

  private checkReadable(): void {
    if (this.end === undefined || (this.end === 'retired' && this.file !== undefined)) return
    throw new StorageError('Closed', `segment ${this.path} is gone, read the log again`)
  }
}
