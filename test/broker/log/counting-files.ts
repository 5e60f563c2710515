import type { Files } from '../../../lib/files.ts'
import { realFiles } from '../../../lib/real-files.ts'

/** Real files that count what is read of any of them. */
export function countingFiles(): { files: Files; counted: { reads: number; bytes: number } } {
  const counted = { reads: 0, bytes: 0 }
  const counting = (open: Files['open']): Files['open'] => {
    return (path) => {
      const file = open(path)
      const read: typeof file.read = (into, position) => {
        counted.reads += 1
        counted.bytes += into.length
        return file.read(into, position)
      }
      return new Proxy(file, {
        get: (own, name) => {
          if (name === 'read') return read
          const member: unknown = Reflect.get(own, name)
          return typeof member === 'function' ? member.bind(own) : member
        },
      })
    }
  }
  const files = {
    ...realFiles,
    readFile: (path: string) => {
      const bytes = realFiles.readFile(path)
      counted.reads += 1
      counted.bytes += bytes?.length ?? 0
      return bytes
    },
    open: counting((path) => realFiles.open(path)),
    create: counting((path) => realFiles.create(path)),
  }
  return { files, counted }
}
