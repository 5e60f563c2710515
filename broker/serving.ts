import type { Clock } from '../lib/clock.ts'
import type { DiskRoom } from '../lib/disk-room.ts'
import type { Logger } from '../lib/logger.ts'
import type { Random } from '../lib/random.ts'
import type { ControllerLink } from './controller-link/controller-link.ts'
import type { ProducerIds } from './controller-link/producer-ids.ts'
import type { DiskHealth } from './disk-health.ts'
import type { DataDirectory } from './log/data-directory/data-directory.ts'
import type { Flusher } from './log/maintenance/flusher.ts'
import type { MaintainedLog } from './log/maintenance/maintained-log.ts'
import type { PartitionLog } from './log/partition-log.ts'
import type { MetadataImage } from './metadata/image.ts'
import type { ImageChanges } from './metadata/image-changes.ts'
import type { ClientConnection } from './net/client-connection.ts'
import type { Connection } from './net/connection.ts'
import type { Address } from './net/network-error.ts'
import type { BrokerTraffic } from './partition/traffic.ts'

/** `client` for whoever comes; `internal` for brokers that have shown the cluster's secret. */
export type ListenerName = 'client' | 'internal'

/** What a broker has for those who answer requests. */
export type ServingParts = {
  readonly nodeId: number
  readonly clusterId: string
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  /** Settings by Kafka's names, as they were given. */
  readonly config: Readonly<Record<string, string>>
  /** The same of what has another place in its options: see `ownSettings`. */
  readonly ownSettings: Readonly<Record<string, string>>
  /** Whether a topic that a client asks for is made. */
  readonly autoCreateTopics: boolean
  readonly dataDirectory: DataDirectory
  /** Of the disk of the data directory. @throws What Node says of it. */
  readonly diskRoom: () => Promise<DiskRoom>
  readonly flusher: Flusher
  /** What this broker acts on. */
  readonly image: () => MetadataImage
  readonly controller: Pick<
    ControllerLink,
    'forward' | 'caughtUp' | 'brokerEpoch' | 'controllerHeardMs'
  >
  /** A connection to the internal listener of another broker. @throws {NetworkError} */
  readonly dialInternal: (address: Address) => Promise<ClientConnection>
  readonly producerIds: Pick<ProducerIds, 'next'>
  readonly health: Pick<DiskHealth, 'met'>
  /** Our own mistake where nobody waits: the process is not to go on. */
  readonly onFatal: (error: unknown) => void
}

/** Partitions and handlers: all that a request can reach. */
export type Serving = {
  /** Begins one answer before it returns, as `listen` wants it. */
  handle(frame: Uint8Array, connection: Connection, listener: ListenerName): void
  /** First with all that there is, before any request; then with each change. */
  apply(changes: ImageChanges, image: MetadataImage): void
  maintained(): Iterable<MaintainedLog>
  /** What went through it. */
  readonly traffic: BrokerTraffic
  /** The flushed end of a log has moved. */
  onFlushed(log: PartitionLog): void
  /** How often a client was told that what it wants is not led here. */
  readonly timesSentAway: number
  /** No more requests come: what waits for something new is answered with what there is. */
  drain(): void
  /** All is answered, and the logs are about to be closed by their directory. */
  stop(): Promise<void>
}

export type MakeServing = (parts: ServingParts) => Serving
