import { constants, watch } from 'node:fs'
import { open, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** The door to a directory of manifests. Errors are Node's, with their `code`. */
export type ManifestFiles = {
  /**
   * The names in a directory, in no order.
   *
   * @returns And which directory it is: another one in its place, such as a mount that came or went,
   *   has another identity.
   */
  list(directory: string): Promise<{ readonly identity: string; readonly names: string[] }>
  /** What changes whenever a file does: cheaper than reading it. Links are followed. */
  stamp(path: string): Promise<string>
  /** @returns Its bytes, or what it is instead of a file that can be read whole. */
  read(path: string, maxBytes: number): Promise<Uint8Array | 'TooLarge' | 'NoFile'>
  /**
   * Calls `changed` when something in a directory may have changed. Only a hint: some file systems
   * never tell, and it may stop without a word.
   */
  watch(directory: string, changed: () => void): { close(): void }
}

/** The files of this machine. */
export const realManifestFiles: ManifestFiles = {
  async list(directory) {
    const { dev, ino } = await stat(directory, { bigint: true })
    return { identity: `${dev}:${ino}`, names: await readdir(directory) }
  },

  async stamp(path) {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true })
    return [dev, ino, size, mtimeNs, ctimeNs].join(':')
  },

  async read(path, maxBytes) {
    // Without O_NONBLOCK the opening of a named pipe waits for whoever writes to it.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      const found = await file.stat()
      if (!found.isFile()) return 'NoFile'
      let buffer = Buffer.alloc(Math.min(found.size, maxBytes) + 1)
      let length = 0
      for (;;) {
        const { bytesRead } = await file.read(buffer, length, buffer.length - length, length)
        length += bytesRead
        if (length > maxBytes) return 'TooLarge'
        if (bytesRead === 0) return buffer.subarray(0, length)
        // It grew while it was read.
        if (length === buffer.length) buffer = Buffer.concat([buffer], maxBytes + 1)
      }
    } finally {
      await file.close()
    }
  },

  watch(directory, changed) {
    const watcher = watch(directory, { persistent: false }, changed)
    watcher.on('error', () => watcher.close()) // it was only a hint
    return watcher
  },
}

/** The path of a file as findings show it. */
export function pathOf(directory: string, name: string): string {
  return join(directory, name)
}
