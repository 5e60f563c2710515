import type { FileNode } from './file-node.ts'

export type Node = FileNode | DirectoryNode
export type View = 'cached' | 'durable'

/** A directory under whatever name: the names a loss of power leaves, and those seen until then. */
export class DirectoryNode {
  durable = new Map<string, Node>()
  cached = new Map<string, Node>()
}

/** All that is in a directory, with its path: what is above before what is below. */
export function* walk(
  directory: DirectoryNode,
  view: View,
  path = '',
): Generator<{ path: string; node: Node }> {
  for (const [name, node] of directory[view]) {
    yield { path: `${path}/${name}`, node }
    if (node instanceof DirectoryNode) yield* walk(node, view, `${path}/${name}`)
  }
}
