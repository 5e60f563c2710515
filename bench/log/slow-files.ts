import { setTimeout } from 'node:timers/promises'
import type { Files, OpenFile } from '../../lib/files.ts'

/**
 * A disk that is slow now and then: each write that begins within the first 300 ms of every 1.5 s
 * takes 30 ms more. Those with `Later` do not hold each other up, as they would on the four threads
 * of the pool.
 */
export function slowNowAndThen(files: Files): Files {
  return {
    ...files,
    open: (path) => slowFile(files.open(path)),
    create: (path) => slowFile(files.create(path)),
  }
}

function slowFile(file: OpenFile): OpenFile {
  return {
    sizeBytes: () => file.sizeBytes(),
    read: (into, position) => file.read(into, position),
    readLater: (into, position) => file.readLater(into, position),
    write(parts, position) {
      if (isSlowNow()) Atomics.wait(nobodyWakes, 0, 0, delayMs)
      file.write(parts, position)
    },
    async writeLater(parts, position) {
      if (isSlowNow()) await setTimeout(delayMs)
      await file.writeLater(parts, position)
    },
    truncate: (sizeBytes) => file.truncate(sizeBytes),
    sync: () => file.sync(),
    syncLater: () => file.syncLater(),
    close: () => file.close(),
  }
}

function isSlowNow(): boolean {
  return performance.now() % 1_500 < 300
}

const delayMs = 30
const nobodyWakes = new Int32Array(new SharedArrayBuffer(4))
