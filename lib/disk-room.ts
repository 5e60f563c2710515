import { statfs } from 'node:fs/promises'

/** Of the file system that a path is on, in bytes. */
export type DiskRoom = { readonly freeBytes: number; readonly sizeBytes: number }

/** What is free for a process like this one. @throws What Node says of the disk. */
export async function diskRoom(path: string): Promise<DiskRoom> {
  const { bavail, blocks, bsize } = await statfs(path)
  return { freeBytes: bavail * bsize, sizeBytes: blocks * bsize }
}
