import {
  closeSync,
  constants,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  fsync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  read,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  unlink,
  unlinkSync,
  writev,
  writevSync,
} from 'node:fs'
import type { Files, OpenFile } from './files.ts'
import { invariant } from './invariant.ts'

/** The disk of this machine. */
export const realFiles: Files = {
  list: (directory) => orIfMissing(() => readdirSync(directory), []),
  readFile: (path) => orIfMissing(() => readFileSync(path), undefined),
  open: (path) => new RealFile(path, constants.O_RDWR),
  create: (path) => new RealFile(path, constants.O_RDWR | constants.O_CREAT),
  makeDirectory(path) {
    mkdirSync(path, { recursive: true })
  },
  rename: (from, to) => renameSync(from, to),
  remove: (path) => orIfMissing(() => unlinkSync(path), undefined),
  removeLater: (path) =>
    new Promise((resolve, reject) => {
      unlink(path, (error) => {
        if (error === null || error.code === 'ENOENT') resolve()
        else reject(error)
      })
    }),
  removeDirectory: (path) => rmSync(path, { recursive: true, force: true }),
  syncDirectory(path) {
    const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY)
    try {
      fsyncSync(fd)
    } catch (error) {
      throw withPath(error, path)
    } finally {
      closeSync(fd)
    }
  },
  async syncDirectoryLater(path) {
    const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY)
    try {
      await syncAll(fd)
    } catch (error) {
      throw withPath(error, path)
    } finally {
      closeSync(fd)
    }
  },
}

function orIfMissing<T, U>(run: () => T, otherwise: U): T | U {
  try {
    return run()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return otherwise
    throw error
  }
}

/** Plain calls on a descriptor: fs.promises needs a FileHandle and takes a sixth more of the CPU. */
class RealFile implements OpenFile {
  readonly #path: string
  readonly #fd: number
  #inFlight = 0
  #closed = false

  constructor(path: string, flags: number) {
    this.#path = path
    this.#fd = openSync(path, flags, 0o644)
  }

  sizeBytes(): number {
    return this.#now((fd) => fstatSync(fd).size)
  }

  read(into: Uint8Array, position: number): number {
    checkPosition(position)
    return this.#now((fd) => {
      let done = 0
      while (done < into.length) {
        const count = readSync(fd, into, done, into.length - done, position + done)
        if (count === 0) break
        done += count
      }
      return done
    })
  }

  readLater(into: Uint8Array, position: number): Promise<number> {
    checkPosition(position)
    return this.#later(async (fd) => {
      let done = 0
      while (done < into.length) {
        const count = await readSome(fd, into.subarray(done), position + done)
        if (count === 0) break
        done += count
      }
      return done
    })
  }

  write(parts: readonly Uint8Array[], position: number): void {
    checkPosition(position)
    this.#now((fd) => {
      let at = position
      for (let left = firstParts(parts, 0); left.length > 0; ) {
        const count = writevSync(fd, left, at)
        at += checkWritten(count)
        left = firstParts(parts, at - position)
      }
    })
  }

  writeLater(parts: readonly Uint8Array[], position: number): Promise<void> {
    checkPosition(position)
    return this.#later(async (fd) => {
      let at = position
      for (let left = firstParts(parts, 0); left.length > 0; ) {
        at += checkWritten(await writeSome(fd, left, at))
        left = firstParts(parts, at - position)
      }
    })
  }

  truncate(sizeBytes: number): void {
    checkPosition(sizeBytes)
    this.#now((fd) => ftruncateSync(fd, sizeBytes))
  }

  sync(): void {
    this.#now((fd) => fdatasyncSync(fd))
  }

  syncLater(): Promise<void> {
    return this.#later(syncData)
  }

  /**
   * Waits for what is in flight: a descriptor that is closed while a thread uses it may by then
   * be the number of another file.
   */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    if (this.#inFlight === 0) closeSync(this.#fd)
  }

  #now<T>(call: (fd: number) => T): T {
    this.#checkOpen()
    try {
      return call(this.#fd)
    } catch (error) {
      throw withPath(error, this.#path)
    }
  }

  async #later<T>(call: (fd: number) => Promise<T>): Promise<T> {
    this.#checkOpen()
    this.#inFlight++
    try {
      return await call(this.#fd)
    } catch (error) {
      throw withPath(error, this.#path)
    } finally {
      this.#inFlight--
      if (this.#closed && this.#inFlight === 0) closeSync(this.#fd)
    }
  }

  #checkOpen(): void {
    invariant(!this.#closed, `nothing is asked of a file that was closed: ${this.#path}`)
  }
}

function readSome(fd: number, into: Uint8Array, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    read(fd, into, 0, into.length, position, (error, count) =>
      error === null ? resolve(count) : reject(error),
    )
  })
}

function writeSome(fd: number, parts: Uint8Array[], position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    writev(fd, parts, position, (error, count) => (error === null ? resolve(count) : reject(error)))
  })
}

function syncData(fd: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fdatasync(fd, (error) => (error === null ? resolve() : reject(error)))
  })
}

function syncAll(fd: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fsync(fd, (error) => (error === null ? resolve() : reject(error)))
  })
}

/** Node takes -1 for "wherever the descriptor stands", and would write there. */
function checkPosition(position: number): void {
  invariant(Number.isSafeInteger(position) && position >= 0, 'a position in a file is a count')
}

function checkWritten(count: number): number {
  if (count === 0) throw new Error('the disk took nothing of a write, and did not say why')
  return count
}

/** As many parts as one writev takes, without the bytes that were already written. */
function firstParts(parts: readonly Uint8Array[], writtenBytes: number): Uint8Array[] {
  const left: Uint8Array[] = []
  let skip = writtenBytes
  for (const part of parts) {
    if (left.length === maxParts) break
    if (part.length > skip) left.push(skip === 0 ? part : part.subarray(skip))
    skip = Math.max(0, skip - part.length)
  }
  return left
}

/** IOV_MAX of Linux and macOS. */
const maxParts = 1024

/** Node knows no path where it was given a descriptor. */
function withPath(error: unknown, path: string): unknown {
  if (error instanceof Error && !error.message.includes(path)) {
    error.message += ` '${path}'`
    Object.assign(error, { path })
  }
  return error
}
