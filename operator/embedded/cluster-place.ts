import type { Files } from '../../lib/files.ts'
import type { Random } from '../../lib/random.ts'
import { replaceFile } from '../../lib/replace-file.ts'
import { StorageError } from '../../lib/storage-error.ts'
import { newUuid } from '../controller/new-uuid.ts'

/** Where one cluster keeps all it has, and what stays of it over restarts. */
export type ClusterPlace = {
  readonly directory: string
  readonly clusterId: string
  /** Which of the ranges of ports are its own: see `portsOf`. */
  readonly slot: number
  readonly secretFile: string
  readonly secret: Uint8Array
}

/** `<data>/clusters/<namespace>/<name>` */
export function clusterDirectory(dataDirectory: string, clusterKey: string): string {
  return `${dataDirectory}/clusters/${clusterKey}`
}

/**
 * Opens the place of a cluster, which is made if it is not there.
 *
 * @param slot For a cluster that is new.
 * @throws {StorageError} Foreign: what is there is not, or not wholly, ours. It is not touched.
 */
export function openClusterPlace(
  directory: string,
  { files, random, slot }: { files: Files; random: Random; slot: number },
): ClusterPlace {
  const known = readClusterPlace(files, directory)
  const place = known ?? { clusterId: newUuid(random), slot }
  if (known === undefined) {
    files.makeDirectory(directory)
    const secret = hex(random.bytes(secretBytes))
    replaceFile(files, directory, secretName, encode(`${secret}\n`))
    // Last: where it is there, the secret is.
    replaceFile(files, directory, placeName, encode(`${JSON.stringify({ version, ...place })}\n`))
  }
  const secretFile = `${directory}/${secretName}`
  const secret = files.readFile(secretFile)
  if (secret === undefined) throw new StorageError('Foreign', `${secretFile} is missing`)
  return { directory, ...place, secretFile, secret }
}

/** `namespace/name` of all clusters of a data directory, whether they run or not. */
export function clustersIn(files: Pick<Files, 'list'>, dataDirectory: string): string[] {
  const all = `${dataDirectory}/clusters`
  const namespaces = files.list(all).sort()
  return namespaces.flatMap((namespace) => {
    const names = namesIn(files, `${all}/${namespace}`)
    return names.map((name) => `${namespace}/${name}`)
  })
}

/** None where it is a file, which somebody else left there. */
function namesIn(files: Pick<Files, 'list'>, path: string): string[] {
  try {
    return files.list(path).sort()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return []
    throw error
  }
}

/** The slots of all of them. @throws {StorageError} */
export function takenSlots(files: Files, dataDirectory: string): Set<number> {
  const places = clustersIn(files, dataDirectory).map((cluster) => {
    return readClusterPlace(files, clusterDirectory(dataDirectory, cluster))
  })
  return new Set(places.flatMap((place) => (place === undefined ? [] : [place.slot])))
}

/** @throws {StorageError} Foreign. */
export function readClusterPlace(
  files: Files,
  directory: string,
): { clusterId: string; slot: number } | undefined {
  const path = `${directory}/${placeName}`
  const bytes = files.readFile(path)
  if (bytes === undefined) {
    const other = files.list(directory).find((name) => !name.startsWith(secretName))
    if (other === undefined || other.startsWith(placeName)) return undefined
    throw new StorageError(
      'Foreign',
      `${directory} holds ${other}, but no ${placeName} that says whose it is: it is not touched`,
    )
  }
  const content = parse(bytes)
  if (content?.version !== version) {
    throw new StorageError('Foreign', `${path} is none of version ${version}: it is not touched`)
  }
  return { clusterId: content.clusterId, slot: content.slot }
}

type Content = { version: number; clusterId: string; slot: number }

function parse(bytes: Uint8Array): Content | undefined {
  try {
    const content = JSON.parse(new TextDecoder().decode(bytes)) as Partial<Content> | null
    const isWhole = typeof content?.clusterId === 'string' && Number.isInteger(content.slot)
    return isWhole ? (content as Content) : undefined
  } catch {
    return undefined
  }
}

const version = 1
const placeName = 'cluster.json'
const secretName = 'secret'
const secretBytes = 32

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
