import type { Files, OpenFile } from '../../../lib/files.ts'
import { realFiles } from '../../../lib/real-files.ts'

/** Real files that tell which segments and indexes are open, and how many were at most. */
export function openCountingFiles() {
  const open = new Map<OpenFile, string>()
  const counted = { most: 0, paths: () => [...open.values()] }
  const counting = (path: string, file: OpenFile): OpenFile => {
    if (!/(log|index)$/.test(path)) return file // those that are replaced are open for that only
    open.set(file, path)
    counted.most = Math.max(counted.most, open.size)
    return new Proxy(file, {
      get: (own, name) => {
        if (name === 'close') open.delete(own)
        const member: unknown = Reflect.get(own, name)
        return typeof member === 'function' ? member.bind(own) : member
      },
    })
  }
  const files: Files = {
    ...realFiles,
    open: (path) => counting(path, realFiles.open(path)),
    create: (path) => counting(path, realFiles.create(path)),
  }
  return { files, counted }
}
