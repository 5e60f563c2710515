import type { Files } from '../../../lib/files.ts'
import { DirectoryNode } from './directory-node.ts'
import { systemError } from './errors.ts'
import { FileNode } from './file-node.ts'
import { openFile } from './open-file.ts'
import type { Process } from './process.ts'
import { namesOf } from './tree.ts'

/** The files as one process sees them. */
export function filesOf(process: Process): Files {
  const { disk } = process
  const { tree, names } = disk

  return {
    list: (path) =>
      process.look('list', path, () => {
        if (tree.find(path, 'list') === undefined) return []
        return shuffled([...tree.directory(path, 'list').cached.keys()])
      }),
    readFile: (path) =>
      process.look('read', path, () => {
        if (tree.find(path, 'read') === undefined) return undefined
        return tree.file(path, 'read').bytes('cached')
      }),
    open: (path) =>
      process.look('open', path, () => openFile(process, path, tree.file(path, 'open'))),
    create(path) {
      process.checkAlive()
      const there = tree.find(path, 'create')
      const to = tree.place(path, 'create')
      if (there !== undefined) return openFile(process, path, tree.file(path, 'create'))
      return process.change('create', path, {
        whole() {
          checkSpace('create', path)
          const node = new FileNode()
          names.make({ node, to })
          return openFile(process, path, node)
        },
      })
    },
    makeDirectory(path) {
      process.checkAlive()
      const above = namesOf(path)
      for (let depth = 1; depth <= above.length; depth++) {
        makeOne(`/${above.slice(0, depth).join('/')}`, depth === above.length)
      }
    },
    rename(fromPath, toPath) {
      process.checkAlive()
      const move = tree.move(fromPath, toPath)
      if (move !== undefined) {
        process.change('rename', fromPath, { whole: () => names.make(move) })
      }
    },
    remove(path) {
      process.checkAlive()
      if (tree.find(path, 'remove') === undefined) return
      tree.file(path, 'remove')
      removeOne(path)
    },
    async removeLater(path) {
      if (process.alive && tree.find(path, 'remove') === undefined) return undefined
      // Looked up when it happens, as the system does.
      const unlink = () => {
        const from = tree.place(path, 'remove')
        names.make({ node: tree.file(path, 'remove'), from })
      }
      const whole = () => {
        if (tree.find(path, 'remove') !== undefined) unlink()
      }
      const crashed = () => {
        if (tree.find(path, 'remove') instanceof FileNode) unlink()
      }
      return process.changeLater('remove', path, { whole, crashed })
    },
    removeDirectory(path) {
      process.checkAlive()
      if (isThere(path)) removeAll(path)
    },
    syncDirectory(path) {
      process.checkAlive()
      process.change('syncDirectory', path, syncing(path))
    },
    async syncDirectoryLater(path) {
      if (!process.alive) return process.changeLater('syncDirectory', path, { whole() {} })
      return process.changeLater('syncDirectory', path, syncing(path))
    },
  }

  function syncing(path: string) {
    const directory = tree.directory(path, 'syncDirectory')
    const dropped = disk.isDropped({ call: 'syncDirectory', path })
    const covered = names.covered()
    return {
      whole() {
        if (!dropped) names.sync(directory, covered)
      },
      failed: () => names.failSync(directory),
    }
  }

  function makeOne(path: string, isLast: boolean): void {
    const there = tree.find(path, 'makeDirectory')
    if (there instanceof FileNode) {
      throw systemError(isLast ? 'EEXIST' : 'ENOTDIR', { call: 'makeDirectory', path })
    }
    if (there !== undefined) return
    process.change('makeDirectory', path, {
      whole() {
        checkSpace('makeDirectory', path)
        names.make({ node: new DirectoryNode(), to: tree.place(path, 'makeDirectory') })
      },
    })
  }

  /** rm -rf asks no more: what would lie in a file is not there either. */
  function isThere(path: string): boolean {
    try {
      return tree.find(path, 'remove') !== undefined
    } catch {
      return false
    }
  }

  /** Name by name, as it is done on a real disk: a crash may come between them. */
  function removeAll(path: string): void {
    const node = tree.find(path, 'remove')
    if (node instanceof DirectoryNode) {
      for (const name of shuffled([...node.cached.keys()])) removeAll(`${path}/${name}`)
    }
    removeOne(path)
  }

  function removeOne(path: string): void {
    const from = tree.place(path, 'remove')
    const node = from.directory.cached.get(from.name)
    if (node === undefined) return
    process.change('remove', path, { whole: () => names.make({ node, from }) })
  }

  function checkSpace(call: string, path: string): void {
    if (disk.capacityBytes === Number.POSITIVE_INFINITY) return
    if (tree.usedBytes() >= disk.capacityBytes) throw systemError('ENOSPC', { call, path })
  }

  /** A disk gives names in the order of their hashes: nobody may count on one. */
  function shuffled(list: string[]): string[] {
    for (let end = list.length; end > 1; end--) {
      const at = disk.chance(end)
      ;[list[at], list[end - 1]] = [list[end - 1] as string, list[at] as string]
    }
    return list
  }
}
