import { ControllerAddresses } from '../../../broker/controller-link/controller-addresses.ts'
import { ControllerLink } from '../../../broker/controller-link/controller-link.ts'
import { MetadataCopy } from '../../../broker/metadata/files/metadata-copy.ts'
import type { MetadataImage } from '../../../broker/metadata/image.ts'
import type { ImageChanges } from '../../../broker/metadata/image-changes.ts'
import { metadataVersion } from '../../../broker/metadata/levels.ts'
import { MetadataError } from '../../../broker/metadata/metadata-error.ts'
import type { MetadataPosition, MetadataState } from '../../../broker/metadata/position.ts'
import { readRange } from '../../../broker/metadata/reads-up-to.ts'
import type { LogOf } from '../../../broker/replica/replica-ends.ts'
import { silentLogger } from '../../../lib/logger.ts'
import { newUuid } from '../../../operator/controller/new-uuid.ts'
import { filesFor } from '../core/gated-files.ts'
import type { Incarnation } from '../core/incarnation.ts'
import type { Transport } from '../core/transport.ts'
import type { SimulatedDisk } from '../disk/simulated-disk.ts'
import { controllerPort } from './controller-node.ts'
import { dialKafka } from './kafka-connection.ts'

export type BrokerNodeOptions = {
  readonly brokerId: number
  readonly transport: Transport
  readonly disk: SimulatedDisk
  /** Of what is on the disk now. */
  readonly directoryId: string
  /** Its version: see `Versions`. */
  readonly readsUpTo: number
  readonly controllers: readonly string[]
  readonly clusterId: string
  readonly secret: Uint8Array
  /** Nothing of what the last life wrote is lost. */
  readonly isCacheKept: boolean
  readonly logOf: LogOf
  /** Its copy of the metadata log is of a newer version: it ends. */
  readonly onTooNew: () => void
  /** What its last life left of its copy of the metadata log. */
  readonly onOpen: (copy: MetadataState) => void
  /** It acts on this. @param offset Of its copy. */
  readonly onImage: (image: MetadataImage, offset: number, changes: ImageChanges) => void
}

/** One life of a broker, as far as its controller sees it. */
export function startBroker(
  node: Incarnation,
  options: BrokerNodeOptions,
): {
  readonly link: () => ControllerLink | undefined
  /** Where its copy of the metadata log ends. */
  readonly position: () => MetadataPosition | undefined
} {
  const { brokerId, transport, disk, directoryId, controllers, clusterId, secret } = options
  const { isCacheKept, logOf, readsUpTo } = options
  const { clock } = node
  const fatal = (error: unknown) => node.world.failWith('Exception', error)
  let link: ControllerLink | undefined
  let copy: MetadataCopy | undefined
  node.start(() => {
    const files = filesFor(node, disk)
    const directory = '/data/__cluster_metadata-0'
    files.makeDirectory('/data')
    const opened = openCopy({ files, clock, directory, readsUpTo, onFull: fatal })
    if (opened === undefined) return options.onTooNew()
    copy = opened
    options.onOpen(opened.state)
    const random = node.random('link')
    const addresses = controllers.map((host) => ({ host, port: controllerPort }))
    const clientId = `${clusterId}/broker-${brokerId}`
    link = new ControllerLink({
      controllers: new ControllerAddresses(addresses, { lookup: async (host) => [host], clock }),
      dial: (address) => dialKafka(transport, address, { clientId, secret, random, clock }),
      registration: {
        brokerId,
        clusterId,
        incarnationId: newUuid(random),
        rack: null,
        listeners: [{ name: 'client', host: node.host, port: 9_092 }],
        features: [{ name: metadataVersion, ...readRange(readsUpTo) }],
        directoryIds: [directoryId],
        heartbeatIntervalMs: 500,
        previousBrokerEpoch: -1,
        isCacheKept,
      },
      copy: opened,
      failedDirectoryIds: () => [],
      logOf,
      clock,
      random,
      log: silentLogger,
      onImage: (_, image, changes) => options.onImage(image, opened.position.offset, changes),
      onFatal: fatal,
      abandonedAfterMs: null,
      onAbandoned: () => {},
    })
    link.start()
  })
  return { link: () => link, position: () => copy?.position }
}

/** Undefined where it was written by a newer version. */
function openCopy(options: Parameters<typeof MetadataCopy.open>[0]): MetadataCopy | undefined {
  try {
    return MetadataCopy.open(options)
  } catch (error) {
    if (error instanceof MetadataError && error.isOfNewer) return undefined
    throw error
  }
}
