import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Random } from '../../../lib/random.ts'
import { isPlain } from '../../api/schema/values.ts'

/** Who each resource is: one that was deleted and made anew under its name is another one. */
export type Uids = {
  /** Those of some keys. Who has none gets one, which is durable before this returns. */
  of(keys: readonly string[]): ReadonlyMap<string, string>
  /** Of resources that are deleted. */
  forget(keys: readonly string[]): void
}

/** The file of uids is not ours, or is damaged. */
export class UidsError extends Error {
  override readonly name = 'UidsError'
}

/**
 * The uids of a directory of manifests, in a file of the data directory beside the manifests' own
 * truth: a manifest has none, and they must outlive this process.
 *
 * @throws {UidsError} For a file that cannot be understood. Made anew it would make every topic a
 *   stranger, which costs no data and has to be somebody's decision.
 */
export function openUids(path: string, random: Random): Uids {
  const uids = load(path)
  return {
    of(keys) {
      const fresh = keys.filter((key) => !uids.has(key))
      for (const key of fresh) uids.set(key, makeUid(random))
      if (fresh.length > 0) save(path, uids)
      return new Map(keys.map((key) => [key, uids.get(key) as string]))
    },
    forget(keys) {
      const gone = keys.filter((key) => uids.delete(key))
      if (gone.length > 0) save(path, uids)
    },
  }
}

const formatVersion = 1

function load(path: string): Map<string, string> {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return new Map()
    throw error
  }
  const content = parse(text)
  if (!isPlain(content) || content['version'] !== formatVersion || !isPlain(content['uids'])) {
    throw new UidsError(
      `${path} is no file of uids of version ${formatVersion}: put a copy of it in its place, or move it away, and topics without a manifest are no longer told from others`,
    )
  }
  return new Map(Object.entries(content['uids']) as [string, string][])
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Whole or not at all, whatever happens meanwhile. */
function save(path: string, uids: ReadonlyMap<string, string>): void {
  const partial = `${path}.tmp`
  const content = { version: formatVersion, uids: Object.fromEntries(uids) }
  writeFileSync(partial, `${JSON.stringify(content, null, 1)}\n`, { flush: true })
  renameSync(partial, path)
  const directory = openSync(dirname(path), 'r')
  try {
    fsyncSync(directory)
  } finally {
    closeSync(directory)
  }
}

/** A random uuid (RFC 9562, version 4), as Kubernetes has them. */
function makeUid(random: Random): string {
  const bytes = random.bytes(16)
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
