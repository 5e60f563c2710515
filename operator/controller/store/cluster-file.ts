import type { Files } from '../../../lib/files.ts'
import { replaceFile } from '../../../lib/replace-file.ts'
import { StorageError } from '../../../lib/storage-error.ts'

/**
 * Whose a directory of metadata is, and in which format: two lines in a file of its own, which is
 * written last when the log is made. Where it is there, the log was.
 *
 * @returns The cluster's id; undefined where there is no such file.
 * @throws {StorageError} Foreign, for a format that is not known here.
 */
export function readClusterFile(files: Files, directory: string): string | undefined {
  const path = `${directory}/${fileName}`
  const bytes = files.readFile(path)
  if (bytes === undefined) return undefined
  const text = new TextDecoder().decode(bytes)
  const [, version, clusterId] = /^version=(\d+)\ncluster\.id=(.+)\n$/.exec(text) ?? []
  if (version === undefined) throw new StorageError('Foreign', `${path} cannot be read`)
  if (version === '1' && clusterId !== undefined) return clusterId
  throw new StorageError('Foreign', `${path} has format version ${version}, only 1 is known`)
}

/** Durably. */
export function writeClusterFile(files: Files, directory: string, clusterId: string): void {
  const content = new TextEncoder().encode(`version=1\ncluster.id=${clusterId}\n`)
  replaceFile(files, directory, fileName, content)
}

const fileName = 'cluster.properties'
