import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { realClock } from '../../lib/clock.ts'
import { acquireLock, type HeldLock } from '../../lib/kernel-lock.ts'
import { StorageError } from '../../lib/storage-error.ts'

/**
 * Takes the data directory of `kavka up`, which is made if it is not there. Only its owner may look
 * into it, and git does not see it.
 *
 * @throws {LockHeldError} Another `kavka up` has it. @throws {StorageError} Foreign. @throws What Node
 *   says of the disk.
 */
export async function takeDataDirectory(directory: string, describe: string): Promise<HeldLock> {
  checkIsOurs(directory)
  mkdirSync(directory, { recursive: true, mode: ownerOnly })
  const lock = await acquireLock(join(directory, '.lock'), {
    waitMs: 300,
    clock: realClock,
    describe,
  })
  try {
    if (existsSync(join(directory, marker))) return lock
    chmodSync(directory, ownerOnly)
    writeFileSync(join(directory, '.gitignore'), '*\n')
    writeFileSync(join(directory, marker), `${JSON.stringify({ version })}\n`, { flush: true })
    return lock
  } catch (error) {
    lock.release()
    throw error
  }
}

/** @throws {StorageError} Foreign: nothing of it is touched. */
export function checkIsOurs(directory: string): void {
  if (!existsSync(directory)) return
  const path = join(directory, marker)
  if (!existsSync(path)) {
    const other = readdirSync(directory).find((name) => !beforeMarker.has(name))
    if (other === undefined) return
    const found = `it has ${other}, but no ${marker}`
    throw new StorageError('Foreign', `${directory} is no data directory of kavka up: ${found}`)
  }
  const found = versionIn(readFileSync(path, 'utf8'))
  if (found === version) return
  throw new StorageError('Foreign', `${path} has format version ${found}, only ${version} is known`)
}

function versionIn(text: string): unknown {
  try {
    return (JSON.parse(text) as { version?: unknown } | null)?.version
  } catch {
    return 'that cannot be read'
  }
}

const ownerOnly = 0o700
const marker = 'kavka.json'
const version = 1
/** What may be there before the marker is: somebody was killed in between. */
const beforeMarker: ReadonlySet<string> = new Set(['.lock', '.gitignore'])
