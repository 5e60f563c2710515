import type { OpenFile } from '../../../lib/files.ts'
import { invariant } from '../../../lib/invariant.ts'
import { systemError } from './errors.ts'
import type { FileNode } from './file-node.ts'
import type { Process } from './process.ts'

/** A file that a process has open, whatever becomes of its name. */
export function openFile(process: Process, path: string, node: FileNode): OpenFile {
  const { disk } = process
  let isOpen = true

  return {
    sizeBytes() {
      process.checkAlive()
      checkOpen()
      return node.sizeBytes
    },
    read(into, position) {
      checkCall(position)
      return process.look('read', path, () => node.read(into, position))
    },
    readLater(into, position) {
      return promise(() => {
        checkCall(position)
        return process.lookLater('read', path, () => node.read(into, position))
      })
    },
    write(parts, position) {
      checkCall(position)
      process.change('write', path, writing(parts, position))
    },
    writeLater(parts, position) {
      return promise(() => {
        checkCall(position)
        return process.changeLater('write', path, writing(parts, position))
      })
    },
    truncate(sizeBytes) {
      checkCall(sizeBytes)
      const whole = () => node.truncate(sizeBytes)
      const failed = () => {
        if (disk.chance(2) === 0) whole()
      }
      process.change('truncate', path, { whole, crashed: whole, failed })
    },
    sync() {
      checkCall(0)
      process.change('sync', path, syncing())
    },
    syncLater() {
      return promise(() => {
        checkCall(0)
        return process.changeLater('sync', path, syncing())
      })
    },
    close() {
      process.checkAlive()
      isOpen = false
    },
  }

  function checkCall(position: number): void {
    if (!process.alive) return // the gate says so
    checkOpen()
    invariant(Number.isSafeInteger(position) && position >= 0, 'a position in a file is a count')
  }

  function checkOpen(): void {
    invariant(isOpen, `nothing is asked of a file that was closed: ${path}`)
  }

  function writing(parts: readonly Uint8Array[], position: number) {
    const some = () => {
      const bytes = Buffer.concat(parts)
      node.write(bytes.subarray(0, disk.chance(bytes.length + 1)), position)
    }
    // The parts are looked at only when it happens: who changes them meanwhile sees it here.
    const whole = () => {
      const bytes = Buffer.concat(parts)
      const fitting = fittingBytes(bytes.length, position)
      if (fitting < bytes.length) {
        node.write(bytes.subarray(0, disk.chance(fitting + 1)), position)
        throw systemError('ENOSPC', { call: 'write', path })
      }
      // The system took it in two: each is then written back on its own.
      const cut = disk.faults.happens('shortWrite') ? disk.chance(bytes.length + 1) : bytes.length
      node.write(bytes.subarray(0, cut), position)
      node.write(bytes.subarray(cut), position + cut)
    }
    return { whole, crashed: some, failed: some }
  }

  function fittingBytes(sizeBytes: number, position: number): number {
    if (disk.capacityBytes === Number.POSITIVE_INFINITY) return sizeBytes
    const growth = Math.max(0, position + sizeBytes - node.sizeBytes)
    const free = Math.max(0, disk.capacityBytes - disk.tree.usedBytes())
    return Math.max(0, sizeBytes - Math.max(0, growth - free))
  }

  /** Covers what was written before it was asked for, not before it happens. */
  function syncing() {
    const end = node.changes
    const dropped = process.alive && disk.isDropped({ call: 'sync', path })
    const whole = () => {
      if (!dropped) node.sync(end)
    }
    return { whole, crashed: whole, failed: () => node.failSync(end) }
  }
}

/** What is wrong from the beginning rejects too, as an async function does. */
async function promise<T>(start: () => Promise<T>): Promise<T> {
  return start()
}
