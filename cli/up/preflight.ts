import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { lockHolder } from '../../lib/kernel-lock.ts'
import { realFiles } from '../../lib/real-files.ts'
import type { KafkaCluster } from '../../operator/api/kafka-cluster/kafka-cluster.ts'
import {
  clusterDirectory,
  readClusterPlace,
  takenSlots,
} from '../../operator/embedded/cluster-place.ts'
import { areThere, freeSlot, maxBrokers, portsOf } from '../../operator/embedded/cluster-ports.ts'

/** Something that stands in the way of a start. */
export class PreflightError extends Error {
  override readonly name = 'PreflightError'
}

/**
 * Looks, before anything is touched, whether clusters can have their ports. Those of brokers that
 * still run from before are theirs already.
 *
 * @throws {PreflightError} @throws {StorageError} Foreign.
 */
export async function checkPorts(
  clusters: readonly KafkaCluster[],
  {
    dataDirectory,
    basePort,
    listenHost,
  }: { dataDirectory: string; basePort: number; listenHost: string },
): Promise<void> {
  for (const { cluster, directory, slot } of placesOf(clusters, dataDirectory)) {
    const { name } = cluster.metadata
    const { replicas } = cluster.spec.brokers
    if (replicas > maxBrokers) {
      const most = `kavka up runs at most ${maxBrokers} brokers of a cluster`
      throw new PreflightError(
        `KafkaCluster ${name}: spec.brokers.replicas: ${most}, found ${replicas}`,
      )
    }
    const ports = portsOf(slot, basePort)
    if (!areThere(ports)) {
      throw new PreflightError(
        `no ports are left for KafkaCluster ${name}: say a lower --base-port`,
      )
    }
    await check(loopback, ports.controller, `the controller of KafkaCluster ${name}`)
    for (let id = 0; id < replicas; id++) {
      if (lockHolder(join(directory, 'brokers', `${id}`, 'data', '.lock')) !== undefined) continue
      const whose = `broker ${id} of KafkaCluster ${name}`
      await check(listenHost, ports.clientBase + id, whose)
      await check(loopback, ports.internalBase + id, `${whose}, for other brokers,`)
    }
  }
}

/** In the order of the manifests; those that have no slot yet get the first that are free. */
function placesOf(clusters: readonly KafkaCluster[], dataDirectory: string) {
  const places = clusters.map((cluster) => {
    const { namespace, name } = cluster.metadata
    const directory = clusterDirectory(dataDirectory, `${namespace}/${name}`)
    return { cluster, directory, slot: readClusterPlace(realFiles, directory)?.slot }
  })
  const taken = takenSlots(realFiles, dataDirectory)
  return places.map((place) => {
    const slot = place.slot ?? freeSlot(taken)
    taken.add(slot)
    return { ...place, slot }
  })
}

async function check(host: string, port: number, whose: string): Promise<void> {
  const server = createServer()
  try {
    server.listen(port, host)
    await once(server, 'listening')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const why =
      code === 'EADDRINUSE'
        ? 'another program has it'
        : code === 'EACCES'
          ? 'not permitted'
          : (error as Error).message
    const help = 'stop that program, or say another --base-port'
    throw new PreflightError(`port ${port} of ${whose} cannot be had: ${why}; ${help}`)
  } finally {
    server.close()
  }
}

const loopback = '127.0.0.1'
