import { readLiveLog } from '../../broker/metadata/files/read-live-log.ts'
import { MetadataError } from '../../broker/metadata/metadata-error.ts'
import { realFiles } from '../../lib/real-files.ts'
import { isFromDisk, StorageError } from '../../lib/storage-error.ts'
import { oneOf } from '../../lib/wording.ts'
import { clusterDirectory, clustersIn } from '../../operator/embedded/cluster-place.ts'
import { readFailovers } from '../../operator/embedded/failovers-file.ts'
import { UsageError } from '../usage-error.ts'
import type { KnownLog } from './known-log.ts'
import { WhyError } from './why-error.ts'

/**
 * The metadata log of a cluster of `kavka up`, whether that runs or not. Nothing is changed.
 *
 * @throws {WhyError} @throws {UsageError} There are several clusters.
 */
export function directoryLog({
  dataDirectory,
  cluster: wanted,
}: {
  dataDirectory: string
  cluster: string | undefined
}): KnownLog {
  try {
    const cluster = clusterOf(dataDirectory, wanted)
    const directory = clusterDirectory(dataDirectory, cluster)
    const log = readLiveLog(realFiles, `${directory}/metadata`)
    if (log === undefined) throw new WhyError(`KafkaCluster ${cluster} has no metadata log yet`)
    return { cluster, log, failovers: readFailovers(realFiles, directory) }
  } catch (error) {
    const isOfDisk = error instanceof StorageError || error instanceof MetadataError
    if (!isOfDisk && !isFromDisk(error)) throw error
    throw new WhyError((error as Error).message, { cause: error })
  }
}

/** @returns `namespace/name` */
function clusterOf(dataDirectory: string, wanted: string | undefined): string {
  const all = clustersIn(realFiles, dataDirectory)
  if (all.length === 0) {
    throw new WhyError(`${dataDirectory} has no cluster: 'kavka up DIR' makes one`)
  }
  const found = all.filter((key) => {
    return wanted === undefined || key === wanted || key.endsWith(`/${wanted}`)
  })
  const [first, ...others] = found
  if (first === undefined) {
    throw new WhyError(`${dataDirectory} has no KafkaCluster ${wanted}, but ${oneOf(all)}`)
  }
  if (others.length > 0) throw new UsageError(`say --cluster ${oneOf(found)}`)
  return first
}
