import { CorruptFileError } from './corrupt-file-error.ts'
import { decodeProperties, encodeProperty } from './java-properties.ts'
import { parseCount, toUtf8 } from './text-file.ts'
import { isUuid } from './uuid-text.ts'

const file = 'meta.properties'

/** Whose a data directory is. */
export type MetaProperties = {
  /** 0 where the directory was made under ZooKeeper: then the first two may be missing. */
  readonly version: 0 | 1
  readonly clusterId?: string
  readonly nodeId?: number
  /** Which of the directories of its broker it is (KIP-858). Older ones have none. */
  readonly directoryId?: string
}

/** What Kafka 4.3 writes, without the date that it puts into a comment. */
export function encodeMetaProperties({
  version,
  clusterId,
  nodeId,
  directoryId,
}: MetaProperties): Uint8Array {
  const properties = {
    [nodeIdKey(version)]: nodeId?.toString(),
    'directory.id': directoryId,
    version: version.toString(),
    'cluster.id': clusterId,
  }
  const lines = Object.entries(properties).map(([key, value]) =>
    value === undefined ? '' : encodeProperty(key, value),
  )
  return toUtf8(`#\n${lines.join('')}`)
}

/**
 * Keys that are not known are left out, as in Kafka: they are gone when the file is written again.
 *
 * @throws {CorruptFileError}
 */
export function decodeMetaProperties(bytes: Uint8Array): MetaProperties {
  const properties = decodeProperties(file, bytes)
  const version = (properties.get('version') ?? '0').trim()
  if (version !== '0' && version !== '1') {
    throw new CorruptFileError(file, `version ${JSON.stringify(version)} is not known, only 0, 1`)
  }
  const clusterId = properties.get('cluster.id')
  const nodeId = nodeIdOf(properties.get(nodeIdKey(Number(version))))
  const directoryId = properties.get('directory.id')
  if (directoryId !== undefined && !isUuid(directoryId)) {
    throw new CorruptFileError(file, `${JSON.stringify(directoryId)} is no directory id`)
  }
  if (version === '1' && clusterId === undefined) missing('cluster.id')
  if (version === '1' && nodeId === undefined) missing('node.id')
  return {
    version: version === '0' ? 0 : 1,
    ...(clusterId !== undefined && { clusterId }),
    ...(nodeId !== undefined && { nodeId }),
    ...(directoryId !== undefined && { directoryId }),
  }
}

function nodeIdKey(version: number): string {
  return version === 0 ? 'broker.id' : 'node.id'
}

function nodeIdOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const nodeId = parseCount(file, text)
  if (nodeId < 2 ** 31) return nodeId
  throw new CorruptFileError(file, `there is no node ${nodeId}`)
}

function missing(key: string): never {
  throw new CorruptFileError(file, `has no ${key}`)
}
