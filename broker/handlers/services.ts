import type { Clock } from '../../lib/clock.ts'
import type { DiskRoom } from '../../lib/disk-room.ts'
import type { Logger } from '../../lib/logger.ts'
import type { Random } from '../../lib/random.ts'
import type { GroupCoordinator } from '../coordinator/group-coordinator.ts'
import type { MetadataImage } from '../metadata/image.ts'
import type { Partitions } from '../partition/partitions.ts'
import type {
  ApiName,
  RequestInputOf,
  RequestOf,
  ResponseInputOf,
  ResponseOf,
} from '../protocol/apis.ts'
import type { Entries } from '../protocol/config/topic-values.ts'
import type { ReplicaSessions } from '../replication/leader/replica-sessions.ts'
import type { Client, FallenBrokers } from './fallen-brokers.ts'
import type { FetchSessions } from './fetch-sessions.ts'
import type { HeldAnswers } from './held-answers.ts'

/** Which of a broker's listeners a request came through, as the metadata names them too. */
export type ListenerName = 'client' | 'internal'

/** What handlers ask of the broker. */
export type Services = {
  readonly nodeId: number
  readonly clusterId: string
  readonly clock: Clock
  readonly random: Random
  readonly log: Pick<Logger, 'info' | 'level'>
  /** Settings of the broker, as its file has them. */
  readonly entries: Entries
  /** Whether a topic that a client asks for is made. */
  readonly autoCreateTopics: boolean
  /** What this broker has replayed. */
  readonly image: () => MetadataImage
  readonly partitions: Partitions
  readonly replicaSessions: Pick<ReplicaSessions, 'fetch'>
  readonly held: Pick<HeldAnswers, 'hold' | 'isLost'>
  readonly fallen: Pick<FallenBrokers, 'tellFirst' | 'waitMs'>
  readonly groups: Pick<GroupCoordinator, 'partitionOf' | 'run' | 'runForAll' | 'settings'>
  /** Where the logs of this broker are, and how much room the disk has. */
  readonly logDirectory: {
    readonly path: string
    /** @throws What Node says of the disk. */
    room(): Promise<DiskRoom>
  }
  readonly controller: ControllerLink
  readonly producerIds: {
    /** One that was never given out. @throws {KafkaError} There is no controller. */
    next(): Promise<number>
  }
  /** Our own mistake: the process is not to go on as if nothing were. */
  readonly onFatal: (error: unknown) => void
}

export type ControllerLink = {
  /**
   * Sends an admin request to the controller as it is.
   *
   * @throws {KafkaError} NOT_CONTROLLER, REQUEST_TIMED_OUT
   */
  forward<N extends ApiName>(
    name: N,
    version: number,
    request: RequestInputOf<N>,
  ): Promise<ResponseOf<N>>
  /** Settles once this broker has replayed what the controller had done then, or after a while. */
  caughtUp(timeoutMs: number): Promise<void>
}

/** What a handler knows of a request beside its body. */
export type Context = {
  readonly services: Services
  readonly fetchSessions: FetchSessions
  readonly version: number
  /** As the client calls itself. */
  readonly clientId: string | null
  /** The same for all requests of a connection. */
  readonly client: Client
  /** Where it connected from. */
  readonly clientAddress: string
  readonly listener: ListenerName
  /** Calls back if the connection closes before the answer: nobody waits for it any more. */
  readonly onClosed: (callback: () => void) => void
}

/** The answer to a request: `none` for no answer, `close` closes the connection. */
export type Reply<N extends ApiName> = ResponseInputOf<N> | 'none' | 'close'

/**
 * Answers one request, which is a view on its frame: what is kept of it beyond the answer is held by
 * who keeps it (`FrameMemory`), or copied. What can be said in its answer it says there; it throws
 * only what is our own mistake, or a ProtocolError for what nobody may send.
 */
export type Handler<N extends ApiName> = (
  request: RequestOf<N>,
  context: Context,
) => Reply<N> | Promise<Reply<N>>
