import type { Clock } from '../../../lib/clock.ts'
import type { Random } from '../../../lib/random.ts'
import type { Partition } from '../../partition/partition.ts'
import type { OwnRequestOf, ResponseInputOf } from '../../protocol/apis.ts'
import { errorOf } from '../../protocol/error-of.ts'
import { KafkaError } from '../../protocol/errors.ts'
import { ReplicaSession } from './replica-session.ts'

export type ReplicaSessionsOptions = {
  readonly clock: Clock
  readonly random: Random
  /** @throws {KafkaError} It is not led here, or not there. */
  readonly leaderOf: (topicId: string, index: number) => Partition
}

/** The fetches of followers: one session for each broker, so that there are never more than brokers. */
export class ReplicaSessions {
  readonly #options: ReplicaSessionsOptions
  readonly #byBroker = new Map<number, ReplicaSession>()

  constructor(options: ReplicaSessionsOptions) {
    this.#options = options
  }

  /** Answers one fetch of a follower. @param onClosed Calls back if its connection closes before that. */
  async fetch(
    request: OwnRequestOf<'Fetch'>,
    onClosed: (callback: () => void) => void,
  ): Promise<ResponseInputOf<'Fetch'>> {
    const { clock } = this.#options
    try {
      const session = this.#sessionOf(request)
      onClosed(() => this.#closed(session))
      const responses = await session.fetch(request)
      const answeredMs = Math.floor(clock.monotonicMs())
      return { throttleTimeMs: 0, errorCode: 0, sessionId: session.id, responses, answeredMs }
    } catch (error) {
      return { throttleTimeMs: 0, errorCode: errorOf(error).errorCode, responses: [] }
    }
  }

  /** Notes of each of these that waits for more of a partition that it is still there. */
  lookAt(partition: Partition, brokerIds: Iterable<number>): void {
    for (const brokerId of brokerIds) this.#byBroker.get(brokerId)?.lookAt(partition)
  }

  drain(): void {
    for (const session of this.#byBroker.values()) session.drain()
  }

  stop(): void {
    for (const session of this.#byBroker.values()) session.close()
    this.#byBroker.clear()
  }

  #closed(session: ReplicaSession): void {
    session.close()
    if (this.#byBroker.get(session.brokerId) === session) this.#byBroker.delete(session.brokerId)
  }

  /**
   * @throws {KafkaError} STALE_BROKER_EPOCH; FETCH_SESSION_ID_NOT_FOUND, INVALID_FETCH_SESSION_EPOCH, after
   *   which it begins anew.
   */
  #sessionOf({ replicaState, sessionId, sessionEpoch }: OwnRequestOf<'Fetch'>): ReplicaSession {
    const { replicaId: brokerId, replicaEpoch: brokerEpoch } = replicaState
    const known = this.#byBroker.get(brokerId)
    if (known !== undefined && brokerEpoch < known.brokerEpoch) {
      const message = `broker ${brokerId} in epoch ${brokerEpoch}, it is ${known.brokerEpoch}`
      throw new KafkaError('STALE_BROKER_EPOCH', message)
    }
    if (sessionEpoch === 0) {
      known?.close()
      const { random } = this.#options
      const session = new ReplicaSession({
        ...this.#options,
        id: 1 + random.below(2 ** 31 - 1),
        brokerId,
        brokerEpoch,
      })
      this.#byBroker.set(brokerId, session)
      return session
    }
    const about = `fetch session ${sessionId} of broker ${brokerId}, epoch ${sessionEpoch}`
    if (known?.id !== sessionId || known.brokerEpoch !== brokerEpoch) {
      throw new KafkaError('FETCH_SESSION_ID_NOT_FOUND', about)
    }
    if (known.epoch !== sessionEpoch) throw new KafkaError('INVALID_FETCH_SESSION_EPOCH', about)
    return known
  }
}
