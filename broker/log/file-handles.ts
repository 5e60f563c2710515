import type { Files, OpenFile } from '../../lib/files.ts'
import { isFromDisk } from '../../lib/storage-error.ts'

/**
 * The open files of a broker, of which there are few however many partitions it has: the one that
 * was not used for longest is closed for the next.
 */
export class FileHandles {
  private readonly files: Files
  private readonly most: number
  /** By path, the one used last at the end. */
  private readonly open = new Map<string, { file: OpenFile; pins: number }>()

  constructor(files: Files, { most }: { most: number }) {
    this.files = files
    this.most = most
  }

  get count(): number {
    return this.open.size
  }

  /** A file that is there. Only for use before the next call here. */
  use(path: string): OpenFile {
    return this.entryOf(path, false).file
  }

  /** A file, which is made if it is not there. Only for use before the next call here. */
  create(path: string): OpenFile {
    return this.entryOf(path, true).file
  }

  /** Keeps a file open until `work` has settled. */
  async hold<T>(path: string, work: (file: OpenFile) => Promise<T>): Promise<T> {
    const entry = this.entryOf(path, false)
    entry.pins += 1
    try {
      return await work(entry.file)
    } finally {
      entry.pins -= 1
    }
  }

  /**
   * Hands a file over to who closes it, and knows it by its name no longer; it is opened if it was
   * not. @returns Undefined if it cannot be opened.
   */
  take(path: string): OpenFile | undefined {
    try {
      return this.use(path)
    } catch (error) {
      if (!isFromDisk(error)) throw error
      return undefined
    } finally {
      this.open.delete(path)
    }
  }

  /** Closes a file that is to be removed or renamed, or whose owner is done. */
  close(path: string): void {
    const entry = this.open.get(path)
    if (entry === undefined) return
    this.open.delete(path)
    entry.file.close()
  }

  private entryOf(path: string, create: boolean) {
    const there = this.open.get(path)
    if (there !== undefined) {
      this.open.delete(path)
      this.open.set(path, there)
      return there
    }
    this.makeRoom()
    const file = create ? this.files.create(path) : this.files.open(path)
    const entry = { file, pins: 0 }
    this.open.set(path, entry)
    return entry
  }

  private makeRoom(): void {
    for (const [path, { file, pins }] of this.open) {
      if (this.open.size < this.most) return
      if (pins > 0) continue
      this.open.delete(path)
      file.close()
    }
  }
}
