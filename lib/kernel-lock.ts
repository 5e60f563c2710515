import { closeSync, constants, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs'
import { tryLock } from 'fs-native-extensions'
import { type Clock, sleep } from './clock.ts'

export type HeldLock = {
  release(): void
}

/** Somebody else has the directory. Its message says who, in that process's own words. */
class LockHeldError extends Error {
  override readonly name = 'LockHeldError'
}

/**
 * Takes a lock that the kernel keeps and that is gone with its process, however that ends: a file
 * with a pid in it would outlive a kill -9, and in containers every process is pid 1. It is of the
 * open file (F_OFD_SETLK on Linux, flock on macOS), which Node opens with O_CLOEXEC: processes that
 * are started meanwhile do not keep it.
 *
 * The file stays; whoever has the lock says there who it is.
 *
 * @param path A file, made if it is not there, in a directory that is.
 * @param waitMs How long to wait for a process that is about to end.
 * @param describe Who this is, for the process that is refused: `kavka up /srv/demo`.
 * @throws {LockHeldError} After that time.
 */
export async function acquireLock(
  path: string,
  { waitMs, clock, describe }: { waitMs: number; clock: Clock; describe: string },
): Promise<HeldLock> {
  const fd = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o644)
  try {
    const deadlineMs = clock.monotonicMs() + waitMs
    while (!tryLock(fd)) {
      const leftMs = deadlineMs - clock.monotonicMs()
      if (leftMs <= 0) throw new LockHeldError(`${path} is held by ${holderOf(path)}`)
      await sleep(clock, Math.min(pollMs, leftMs))
    }
    ftruncateSync(fd, 0)
    writeSync(fd, `pid ${process.pid}: ${describe}\n`, 0)
  } catch (error) {
    closeSync(fd)
    throw error
  }

  let isHeld = true
  return {
    release() {
      if (!isHeld) return
      isHeld = false
      ftruncateSync(fd, 0)
      closeSync(fd)
    },
  }
}

/**
 * Who has a lock, in that process's own words: `pid 12: kavka up /srv/demo`. To see it, the lock is
 * tried and let go at once, so whoever takes it should wait a moment before it is refused.
 *
 * @returns Undefined if nobody has it, or there is no such file.
 */
export function lockHolder(path: string): string | undefined {
  let fd: number
  try {
    fd = openSync(path, constants.O_RDWR)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw error
  }
  try {
    return tryLock(fd) ? undefined : holderOf(path)
  } finally {
    closeSync(fd)
  }
}

const pollMs = 50

function holderOf(path: string): string {
  return readFileSync(path, 'utf8').trim() || 'a process that has not said who it is'
}
