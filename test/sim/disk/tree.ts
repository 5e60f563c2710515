import { DirectoryNode, type Node, walk } from './directory-node.ts'
import { systemError } from './errors.ts'
import { FileNode } from './file-node.ts'
import type { Place } from './name-changes.ts'

/** Finds things by their path, and says what Linux says where it cannot. Changes nothing. */
export class Tree {
  readonly root = new DirectoryNode()

  /** @throws ENOTDIR where the path leads through a file. */
  find(path: string, call: string): Node | undefined {
    let node: Node | undefined = this.root
    for (const name of namesOf(path)) {
      if (node === undefined) return undefined
      if (node instanceof FileNode) throw systemError('ENOTDIR', { call, path })
      node = node.cached.get(name)
    }
    return node
  }

  /** @throws ENOENT, EISDIR */
  file(path: string, call: string): FileNode {
    const node = this.find(path, call)
    if (node === undefined) throw systemError('ENOENT', { call, path })
    if (node instanceof DirectoryNode) throw systemError('EISDIR', { call, path })
    return node
  }

  /** @throws ENOENT, ENOTDIR */
  directory(path: string, call: string): DirectoryNode {
    const node = this.find(path, call)
    if (node === undefined) throw systemError('ENOENT', { call, path })
    if (node instanceof FileNode) throw systemError('ENOTDIR', { call, path })
    return node
  }

  /** Where a thing is, or would be. */
  place(path: string, call: string): Place {
    const names = namesOf(path)
    const name = names.pop()
    if (name === undefined) throw systemError('EINVAL', { call, path })
    return { directory: this.directory(`/${names.join('/')}`, call), name }
  }

  /** What a rename moves, and where to; nothing where both names are of one thing. */
  move(fromPath: string, toPath: string): { node: Node; from: Place; to: Place } | undefined {
    const fail = (code: 'ENOENT' | 'EINVAL' | 'EISDIR' | 'ENOTDIR' | 'ENOTEMPTY') =>
      systemError(code, { call: 'rename', path: fromPath })
    const from = this.place(fromPath, 'rename')
    const to = this.place(toPath, 'rename')
    const node = from.directory.cached.get(from.name)
    const replaced = to.directory.cached.get(to.name)
    if (node === undefined) throw fail('ENOENT')
    if (within(to.directory, node)) throw fail('EINVAL')
    if (replaced !== undefined && within(from.directory, replaced)) throw fail('ENOTEMPTY')
    if (node === replaced) return undefined
    if (replaced instanceof DirectoryNode) {
      if (node instanceof FileNode) throw fail('EISDIR')
      if (replaced.cached.size > 0) throw fail('ENOTEMPTY')
    } else if (replaced !== undefined && node instanceof DirectoryNode) throw fail('ENOTDIR')
    return { node, from, to }
  }

  /** The bytes of all files, however deep. */
  usedBytes(): number {
    let used = 0
    for (const { node } of walk(this.root, 'cached')) {
      if (node instanceof FileNode) used += node.sizeBytes
    }
    return used
  }
}

/** From the root on; a relative path is taken as one from there too. */
export function namesOf(path: string): string[] {
  return path.split('/').filter((name) => name !== '' && name !== '.')
}

function within(directory: DirectoryNode, outer: Node): boolean {
  if (directory === outer) return true
  if (!(outer instanceof DirectoryNode)) return false
  return [...walk(outer, 'cached')].some(({ node }) => node === directory)
}
