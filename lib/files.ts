/**
 * The one door to the disk. It has a real end (`real-files.ts`) and one in memory that fails on
 * purpose (`test/sim/disk`), so that whatever keeps data can be tried with every way a disk fails.
 *
 * Calls without `Later` block: a write of 64 KB to the page cache takes 40 us, through the thread
 * pool 200. Those with `Later` go through the thread pool. Errors are Node's, with their `code`
 * (ENOSPC, EIO ...); after one of a write or sync nothing is known of what is on the disk.
 */
export type Files = {
  /** Names in a directory, in no order; none where there is no such directory. */
  list(directory: string): string[]
  /** A whole file, or undefined where there is none. For small files. */
  readFile(path: string): Uint8Array | undefined
  /** Opens a file for reading and writing. @throws With code ENOENT, EMFILE ... */
  open(path: string): OpenFile
  /** Opens a file, which is made if it is not there. Durable only once its directory is synced. */
  create(path: string): OpenFile
  /** Makes a directory, and those above it. Nothing happens if it is there. */
  makeDirectory(path: string): void
  /** Puts a file or directory in the place of another, at once. Durable once both are synced. */
  rename(from: string, to: string): void
  /** Removes a file. Nothing happens if it is not there. */
  remove(path: string): void
  /** As `remove`: of a file of a gigabyte it can take a tenth of a second. */
  removeLater(path: string): Promise<void>
  /** Removes a directory with all that is in it. */
  removeDirectory(path: string): void
  /** Makes the names in a directory durable: what was made, renamed and removed in it. */
  syncDirectory(path: string): void
  syncDirectoryLater(path: string): Promise<void>
}

/** An open file. Positions are in bytes; nothing keeps a position of its own. */
export type OpenFile = {
  sizeBytes(): number
  /** @returns How many bytes were read: fewer than `into` takes only at the end of the file. */
  read(into: Uint8Array, position: number): number
  readLater(into: Uint8Array, position: number): Promise<number>
  /** Writes parts one behind the other, all of them or with an error. */
  write(parts: readonly Uint8Array[], position: number): void
  writeLater(parts: readonly Uint8Array[], position: number): Promise<void>
  /** Cuts the file off, or fills it up with zeros. */
  truncate(sizeBytes: number): void
  /** Makes what was written durable (fdatasync). */
  sync(): void
  syncLater(): Promise<void>
  close(): void
}
