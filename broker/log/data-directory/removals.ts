import type { Files } from '../../../lib/files.ts'
import { isFromDisk, type StorageError, storageErrorOf } from '../../../lib/storage-error.ts'

export type RemovalsOptions = {
  readonly files: Files
  /** A directory could not be removed: it stays until the next start. */
  readonly onProblem: (problem: StorageError) => void
  /** Our own mistake. */
  readonly onFatal: (error: unknown) => void
}

/**
 * Removes directories while others have their turn, file by file: of a file of a gigabyte alone it
 * can take a tenth of a second, and a partition may have a thousand. Nothing is lost where it ends
 * before all are gone: their names say at the next start that they are to go.
 */
export class Removals {
  private readonly options: RemovalsOptions
  private waiting: string[] = []
  private busy = 0
  private isStopped = false
  private whenIdle: (() => void) | undefined

  constructor(options: RemovalsOptions) {
    this.options = options
    this.whenIdle = undefined
  }

  /** @param directory Absolute, under a name that is nobody else's. */
  add(directory: string): void {
    this.waiting.push(directory)
    if (this.busy === removedAtOnce) return
    this.busy += 1
    this.work().catch(this.options.onFatal)
  }

  /** Leaves all that is not gone yet. Nothing is under way when it has settled. */
  async stop(): Promise<void> {
    this.isStopped = true
    this.waiting = []
    if (this.busy > 0) await new Promise<void>((resolve) => void (this.whenIdle = resolve))
  }

  private async work(): Promise<void> {
    try {
      while (!this.isStopped) {
        const directory = this.waiting.shift()
        if (directory === undefined) break
        await this.remove(directory)
      }
    } finally {
      this.busy -= 1
      if (this.busy === 0) this.whenIdle?.()
    }
  }

  private async remove(directory: string): Promise<void> {
    const { files, onProblem } = this.options
    try {
      for (const name of files.list(directory)) {
        await this.removeFile(`${directory}/${name}`)
        if (this.isStopped) return
      }
      files.removeDirectory(directory)
    } catch (error) {
      if (!isFromDisk(error)) throw error
      onProblem(storageErrorOf(error, `${directory} is left to the next start to be removed`))
    }
  }

  /** A directory stays, if somebody made one there: it goes with the one that it is in. */
  private async removeFile(path: string): Promise<void> {
    try {
      await this.options.files.removeLater(path)
    } catch (error) {
      if (!isFromDisk(error) || !isOfDirectory.has((error as NodeJS.ErrnoException).code))
        throw error
    }
  }
}

/** Half of the threads of the pool: the others are left to those who read and write. */
const removedAtOnce = 2
/** What Linux and macOS say where a directory is to be unlinked. */
const isOfDirectory = new Set<string | undefined>(['EISDIR', 'EPERM'])
