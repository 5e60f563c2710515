import type { Files } from '../../../lib/files.ts'

/** The same files under names that end in something more, which whoever uses them need not know. */
export function suffixedFiles(files: Files, suffix: string): Files {
  return {
    ...files,
    readFile: (path) => files.readFile(path + suffix),
    open: (path) => files.open(path + suffix),
    create: (path) => files.create(path + suffix),
    rename: (from, to) => files.rename(from + suffix, to + suffix),
    remove: (path) => files.remove(path + suffix),
  }
}
