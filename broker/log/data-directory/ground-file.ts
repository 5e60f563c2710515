import type { Files } from '../../../lib/files.ts'
import { replaceFile } from '../../../lib/replace-file.ts'
import { isFromDisk, StorageError, storageErrorOf } from '../../../lib/storage-error.ts'
import type { Ground } from '../../replica/judge-return.ts'
import { CorruptFileError } from '../corrupt-file-error.ts'
import { decodeGround, encodeGround } from '../ground.ts'

/** @returns Undefined where nothing is said, or nothing that can be understood. */
export function readGround(files: Files, directory: string): Ground | undefined {
  const bytes = files.readFile(`${directory}/${fileName}`)
  if (bytes === undefined) return undefined
  try {
    return decodeGround(bytes)
  } catch (error) {
    if (error instanceof CorruptFileError) return undefined
    throw error
  }
}

/**
 * Says it, durably when this returns. Where the disk has no room for it, nothing is said any more: what
 * was said of another ground must not be taken for this one's if the directory gets back there.
 *
 * @param now Undefined: the system does not say.
 * @returns That the disk is full.
 * @throws {StorageError} If the disk takes neither.
 */
export function writeGround(
  files: Files,
  directory: string,
  now: Ground | undefined,
): StorageError | undefined {
  if (now === undefined) {
    forget(files, directory)
    return undefined
  }
  try {
    replaceFile(files, directory, fileName, encodeGround(now))
    return undefined
  } catch (error) {
    const problem = problemOf(error, directory)
    if (!(problem instanceof StorageError) || problem.problem !== 'DiskFull') throw problem
    forget(files, directory)
    return problem
  }
}

function forget(files: Files, directory: string): void {
  try {
    files.remove(`${directory}/${fileName}`)
    files.syncDirectory(directory)
  } catch (error) {
    throw problemOf(error, directory)
  }
}

function problemOf(error: unknown, directory: string): unknown {
  if (!isFromDisk(error)) return error
  return storageErrorOf(error, `${directory}/${fileName} could not be written`)
}

const fileName = '.kavka_ground'
