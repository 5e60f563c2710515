import { join } from 'node:path'
import { lockHolder } from '../../lib/kernel-lock.ts'
import { clusterDirectory } from '../../operator/embedded/cluster-place.ts'
import type { BrokerStatus, ClusterStatus, UpStatus } from '../../operator/embedded/status.ts'
import { readStatus } from './status-file.ts'

export type CurrentStatus = {
  readonly status: UpStatus
  /** Whether a `kavka up` keeps it up to date. */
  readonly isRunning: boolean
}

/**
 * What is so now. Where no `kavka up` runs, what it wrote last is held against the locks of the
 * brokers, which the kernel takes from a process that has ended.
 *
 * @returns Undefined where there never was one.
 */
export function currentStatus(dataDirectory: string): CurrentStatus | undefined {
  const status = readStatus(dataDirectory)
  if (status === undefined) return undefined
  const holder = lockHolder(join(dataDirectory, '.lock'))
  // One that has just started has written none yet: this is the former one's.
  if (holder?.startsWith(`pid ${status.pid}:`) === true) return { status, isRunning: true }
  const clusters = status.clusters.map((cluster) => checked(cluster, dataDirectory))
  return { status: { ...status, clusters }, isRunning: false }
}

function checked(cluster: ClusterStatus, dataDirectory: string): ClusterStatus {
  const directory = clusterDirectory(dataDirectory, `${cluster.namespace}/${cluster.name}`)
  const brokers = cluster.brokers.map((broker): BrokerStatus => {
    const holder = lockHolder(join(directory, 'brokers', `${broker.id}`, 'data', '.lock'))
    return holder === undefined ? { ...broker, state: 'Stopped', pid: null } : broker
  })
  return { ...cluster, brokers, problem: null }
}
