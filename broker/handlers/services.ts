import type { Clock } from '../../lib/clock.ts'
import type { Random } from '../../lib/random.ts'
import type { MetadataImage } from '../metadata/image.ts'
import type { CloseReason } from '../net/metrics.ts'
import type { Partitions } from '../partition/partitions.ts'
import type {
  ApiName,
  RequestInputOf,
  RequestOf,
  ResponseInputOf,
  ResponseOf,
} from '../protocol/apis.ts'
import type { FetchSessions } from './fetch/fetch-sessions.ts'
import type { NewTopics } from './new-topics.ts'

/** `client` for whoever comes; `internal` for brokers that have shown the cluster's secret. */
export type ListenerName = 'client' | 'internal'

/** The way to the controller, if there is one. */
export type ControllerLink = {
  /**
   * Sends an admin request as it is.
   *
   * @throws {KafkaError} NOT_CONTROLLER, REQUEST_TIMED_OUT
   */
  forward<N extends ApiName>(
    name: N,
    version: number,
    request: RequestInputOf<N>,
  ): Promise<ResponseOf<N>>
  /** Settles once this broker acts on what the controller has answered, or after a while. */
  caughtUp(timeoutMs: number): Promise<void>
}

/** What handlers ask of the broker. */
export type Services = {
  readonly nodeId: number
  readonly clusterId: string
  readonly clock: Clock
  readonly random: Random
  /** Settings of the broker by Kafka's names, as they were given. */
  readonly config: Readonly<Record<string, string>>
  /** What this broker acts on. */
  readonly image: () => MetadataImage
  readonly partitions: Partitions
  readonly controller: ControllerLink
  /** @throws {KafkaError} Where no id is left and there is no controller. */
  readonly producerIds: { next(): Promise<number> }
  /** Our own mistake, where nobody waits: the process is not to go on. */
  readonly onFatal: (error: unknown) => void
}

/** What handlers share among them, beside what the broker has. */
export type HandlerServices = Services & {
  readonly fetchSessions: FetchSessions
  readonly newTopics: NewTopics
}

/** What is known of a request beside its body. */
export type RequestContext = {
  readonly version: number
  readonly listener: ListenerName
  /** Calls back if the connection closes before there is an answer. */
  onAbandoned(callback: () => void): void
}

/** No answer is sent: for Produce with acks=0. With a reason the connection is closed instead. */
export class NoAnswer {
  readonly closeReason: CloseReason | undefined

  constructor(closeReason?: CloseReason) {
    this.closeReason = closeReason
  }
}

export type Reply<N extends ApiName> = ResponseInputOf<N> | NoAnswer

/** Answers one request. What the protocol has a code for is in the answer. */
export type Handler<N extends ApiName> = (
  request: RequestOf<N>,
  services: HandlerServices,
  context: RequestContext,
) => Reply<N> | Promise<Reply<N>>
