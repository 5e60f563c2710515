import type { Files } from '../../../lib/files.ts'
import { replaceFile } from '../../../lib/replace-file.ts'
import { StorageError } from '../../../lib/storage-error.ts'
import { CorruptFileError } from '../corrupt-file-error.ts'
import {
  decodeMetaProperties,
  encodeMetaProperties,
  type MetaProperties,
} from '../meta-properties.ts'

/** Whose a data directory must be. */
export type Owner = {
  readonly clusterId: string
  readonly nodeId: number
  /** Given to a directory that has no id yet (KIP-858). */
  readonly newDirectoryId: string
}

/**
 * Makes sure that a data directory is its owner's before anything in it is touched. One that is
 * empty becomes its, durably.
 *
 * @returns The id of the directory, and whether it was empty.
 * @throws {StorageError} Foreign. Nothing was changed then.
 */
export function claimDirectory(
  files: Files,
  directory: string,
  owner: Owner,
): { id: string; isNew: boolean } {
  const path = `${directory}/${fileName}`
  const bytes = files.readFile(path)
  if (bytes === undefined) return { id: format(files, directory, owner), isNew: true }
  const found = decode(path, bytes)
  check(path, 'cluster id', { found: found.clusterId, expected: owner.clusterId })
  check(path, 'broker id', { found: found.nodeId, expected: owner.nodeId })
  if (found.directoryId !== undefined) return { id: found.directoryId, isNew: false }
  // Made by a Kafka that had one directory for each broker: it gives it an id too.
  write(files, directory, { ...found, directoryId: owner.newDirectoryId })
  return { id: owner.newDirectoryId, isNew: false }
}

function format(files: Files, directory: string, owner: Owner): string {
  const others = files.list(directory).filter((name) => !namesOfEmpty.has(name))
  if (others.length > 0) {
    const some = others.toSorted().slice(0, 3).join(', ')
    const what = `is missing, but the directory is not empty (${some})`
    const advice = `expected that of cluster ${owner.clusterId}, broker ${owner.nodeId}`
    throw new StorageError('Foreign', `${directory}/${fileName} ${what}: ${advice}, or nothing`)
  }
  const { clusterId, nodeId, newDirectoryId: directoryId } = owner
  files.makeDirectory(directory)
  files.syncDirectory(directory.slice(0, directory.lastIndexOf('/')) || '/')
  write(files, directory, { version: 1, clusterId, nodeId, directoryId })
  return directoryId
}

function decode(path: string, bytes: Uint8Array): MetaProperties {
  try {
    return decodeMetaProperties(bytes)
  } catch (error) {
    if (!(error instanceof CorruptFileError)) throw error
    const message = `${path} cannot be read, so that its owner is not known: ${error.message}`
    throw new StorageError('Foreign', message, { cause: error })
  }
}

function check<T>(
  path: string,
  what: string,
  { found, expected }: { found: T | undefined; expected: T },
): void {
  if (found === expected) return
  const message = `${path} has ${what} ${found ?? '(none)'}, expected ${expected}`
  throw new StorageError('Foreign', `${message}: it belongs to another, and is not touched`)
}

function write(files: Files, directory: string, properties: MetaProperties): void {
  replaceFile(files, directory, fileName, encodeMetaProperties(properties))
}

const fileName = 'meta.properties'
/** What ext4 has in a new volume, what Kafka locks, and what a crash while formatting left. */
const namesOfEmpty = new Set(['lost+found', '.lock', `${fileName}.tmp`])
