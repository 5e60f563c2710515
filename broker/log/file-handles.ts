import type { Files, OpenFile } from '../../lib/files.ts'
import { isFromDisk } from '../../lib/storage-error.ts'

/** To be closed once, by who got it. */
export type DetachedFile = { readonly file: OpenFile; readonly close: () => void }

/**
 * The open files of a broker, of which there are few however many partitions it has: the one that
 * was not used for longest is closed for the next.
 */
export class FileHandles {
  /** Settles when this turn has ended. */
  readonly turn: (() => Promise<void>) | undefined
  private readonly files: Files
  private readonly most: number
  /** By path, the one used last at the end. */
  private readonly open = new Map<string, { file: OpenFile; pins: number }>()
  private detached = 0

  constructor(files: Files, { most, turn }: FileHandlesOptions) {
    this.files = files
    this.most = most
    this.turn = turn
  }

  /** How many are open, by a name or detached. */
  get count(): number {
    return this.open.size + this.detached
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
   * Keeps a file open whose name is about to be given up, for who reads on in it, and knows it by its
   * name no longer. It cannot be closed to make room, as nobody could open it again.
   *
   * @returns Undefined if it cannot be opened, or if half of all that may be open are such files: a
   *   topic of a thousand partitions may be deleted while a consumer that asked for all of them sleeps.
   */
  detach(path: string): DetachedFile | undefined {
    if (this.detached >= this.most / 2) return undefined
    const entry = this.entryIfThere(path)
    if (entry === undefined) return undefined
    const { file } = entry
    this.open.delete(path)
    this.detached += 1
    const close = () => {
      this.detached -= 1
      file.close()
    }
    return { file, close }
  }

  /** Closes a file that is to be removed or renamed, or whose owner is done. */
  close(path: string): void {
    const entry = this.open.get(path)
    if (entry === undefined) return
    this.open.delete(path)
    entry.file.close()
  }

  private entryIfThere(path: string) {
    try {
      return this.entryOf(path, false)
    } catch (error) {
      if (!isFromDisk(error)) throw error
      return undefined
    }
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
      if (this.count < this.most) return
      if (pins > 0) continue
      this.open.delete(path)
      file.close()
    }
  }
}

type FileHandlesOptions = {
  /** How many may be open. Those that are read right now may be more. */
  readonly most: number
  /** Of the clock. Without it a slice of a log has to be held as soon as it is taken. */
  readonly turn?: (() => Promise<void>) | undefined
}
