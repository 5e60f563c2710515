import type { Clock } from '../../../lib/clock.ts'
import type { Random } from '../../../lib/random.ts'
import { backoffMs } from '../../controller-link/backoff.ts'
import { Pause } from '../../controller-link/pause.ts'
import type { ClientConnection } from '../../net/client-connection.ts'
import { NetworkError } from '../../net/network-error.ts'
import type { Partition } from '../../partition/partition.ts'
import type { ResponseOf } from '../../protocol/apis.ts'
import type { PartitionFetch } from '../../replica/replica-fetch.ts'
import { ByPartition } from '../by-partition.ts'
import { fetchRequest, partitionAnswer } from './fetch-request.ts'
import type { Followed } from './followed.ts'

/** What of a connection a follower needs. */
export type LeaderConnection = Pick<ClientConnection, 'request' | 'closed' | 'close'>

export type LeaderFetcherOptions = {
  readonly brokerId: number
  readonly brokerEpoch: () => number
  /** A connection to the leader's internal listener. @throws {NetworkError} */
  readonly dial: () => Promise<LeaderConnection>
  readonly clock: Clock
  readonly random: Random
  /** The leader cannot be reached, or can again: to be said once. */
  readonly onReached: (problem: string | undefined) => void
  /** The connection broke, and the leader owed an answer: it does not close one in order by then. */
  readonly onReset: () => void
  /** The leader has answered, the first time on a connection. */
  readonly onServed: () => void
  /** Our own mistake: the process is not to go on. */
  readonly onFatal: (error: unknown) => void
}

/**
 * Fetches all that this broker follows from one leader, on one connection, in one session (KIP-227): what
 * waits for more is not named again. A request that the leader keeps waiting does not hold up what is to
 * be asked meanwhile: a second one is sent behind it, at which the leader answers the first.
 */
export class LeaderFetcher {
  readonly #options: LeaderFetcherOptions
  readonly #followed = new ByPartition<Followed>()
  /** Those that may have something to ask. */
  readonly #due = new Set<Followed>()
  #forgotten: Followed[] = []
  #connection: LeaderConnection | undefined
  #session: Session = { id: 0, epoch: 0 }
  #underWay = 0
  /** Requests, over all connections. */
  #sent = 0
  #answeredMs = -1
  #isStopped = false
  #isPumping = false
  readonly #pause: Pause
  #running: Promise<void> | undefined

  constructor(options: LeaderFetcherOptions) {
    this.#options = options
    this.#pause = new Pause(options.clock)
  }

  get isEmpty(): boolean {
    return this.#followed.size === 0
  }

  add(followed: Followed): void {
    const { topicId, partition } = followed.partition
    this.remove(followed.partition)
    this.#followed.set(topicId, partition, followed)
    this.#ready(followed)
    this.#running ??= this.#run().catch(this.#options.onFatal)
    this.#pause.wake()
  }

  remove({ topicId, partition }: Partition): void {
    const own = this.#followed.get(topicId, partition)
    if (own === undefined) return
    this.#followed.delete(topicId, partition)
    this.#due.delete(own)
    if (own.inSession === undefined) return
    own.inSession = undefined
    this.#forgotten.push(own)
    this.#pump()
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#followed.clear()
    this.#due.clear()
    this.#connection?.close()
    this.#pause.wake()
    await this.#running
  }

  /** Dials while there is something to follow. */
  async #run(): Promise<void> {
    const { random, onReached, onReset } = this.#options
    for (let failures = 0; !this.#isStopped; ) {
      if (this.isEmpty) {
        await this.#pause.wait(idleMs)
        continue
      }
      try {
        const connection = await this.#options.dial()
        this.#begin(connection)
        failures = 0
        onReached(undefined)
        const reason = await connection.closed
        if (!this.#isStopped) {
          if (this.#underWay > 0 && isReset(reason)) onReset()
          onReached(reason.message)
        }
      } catch (error) {
        if (!(error instanceof NetworkError)) throw error
        onReached(error.message)
      }
      this.#lost()
      failures += 1
      if (!this.#isStopped) await this.#pause.wait(backoffMs(failures + 1, random))
    }
  }

  #begin(connection: LeaderConnection): void {
    if (this.#isStopped) return connection.close()
    this.#connection = connection
    this.#beginSession()
    this.#pump()
  }

  #beginSession(): void {
    this.#session = { id: 0, epoch: 0 }
    this.#forgotten = []
    for (const own of this.#followed.values()) {
      own.inSession = undefined
      if (own.asked !== undefined) own.answered(noAnswer, () => this.#ready(own))
      this.#due.add(own)
    }
  }

  #lost(): void {
    this.#connection = undefined
    this.#underWay = 0
    this.#beginSession()
  }

  #ready(own: Followed): void {
    const { topicId, partition } = own.partition
    if (this.#followed.get(topicId, partition) !== own) return
    this.#due.add(own)
    this.#pump()
  }

  /** Sends what there is to ask, once all have their turn that are ready now. */
  #pump(): void {
    if (this.#isPumping || this.#connection === undefined) return
    this.#isPumping = true
    queueMicrotask(() => {
      this.#isPumping = false
      this.#send()
    })
  }

  #send(): void {
    const connection = this.#connection
    const isNew = this.#session.epoch === 0
    if (connection === undefined || this.#underWay >= (isNew ? 1 : 2)) return
    const asked = this.#askedNow()
    const hasNews = asked.length > 0 || this.#forgotten.length > 0
    if (isNew ? asked.length === 0 : !hasNews && this.#underWay > 0) return
    if (!isNew && !hasNews && !this.#hasWaiting) return
    void this.#ask(connection, asked).catch(this.#options.onFatal)
  }

  #askedNow(): (readonly [Followed, PartitionFetch])[] {
    const asked: (readonly [Followed, PartitionFetch])[] = []
    for (const own of this.#due) {
      const fetch = own.turn(() => this.#ready(own))
      if (fetch !== undefined) {
        if (!isSame(fetch, own.inSession)) {
          asked.push([own, fetch])
          own.namedIn = this.#sent + 1
        }
        own.inSession = fetch
      } else if (own.asked === undefined && own.inSession !== undefined) {
        own.inSession = undefined
        this.#forgotten.push(own)
      }
    }
    this.#due.clear()
    return asked
  }

  get #hasWaiting(): boolean {
    for (const own of this.#followed.values()) if (own.inSession !== undefined) return true
    return false
  }

  async #ask(
    connection: LeaderConnection,
    asked: readonly (readonly [Followed, PartitionFetch])[],
  ): Promise<void> {
    const { brokerId, brokerEpoch, clock } = this.#options
    const session = this.#session
    const { id: sessionId, epoch: sessionEpoch } = session
    const isNew = sessionEpoch === 0
    const forgotten = this.#forgotten
    this.#forgotten = []
    session.epoch = sessionEpoch === maxEpoch ? 1 : sessionEpoch + 1
    this.#underWay += 1
    this.#sent += 1
    const request = this.#sent
    // The first tells the session's id, without which nothing can be sent behind it.
    const news = { sessionId, sessionEpoch, asked, forgotten, answeredMs: this.#answeredMs }
    const body = fetchRequest(
      { brokerId, brokerEpoch: brokerEpoch() },
      { ...news, maxWaitMs: isNew ? 0 : maxWaitMs },
    )
    let response: ResponseOf<'Fetch'>
    try {
      // What it appends holds the memory that it lies in, and nothing else is kept of it.
      response = await connection.request('Fetch', 17, body, { timeoutMs, frameIsReusable: true })
    } catch (error) {
      if (!(error instanceof NetworkError)) throw error
      return // the connection is closed by then
    }
    if (this.#connection !== connection) return
    this.#underWay -= 1
    if (this.#session !== session) return this.#pump()
    if (response.errorCode !== 0) {
      this.#beginSession()
      clock.timer(againMs, () => this.#pump())
      return
    }
    if (isNew) this.#options.onServed()
    session.id = response.sessionId
    this.#answeredMs = response.answeredMs
    this.#answered(response, request)
    this.#pump()
  }

  #answered({ responses, answeredMs }: ResponseOf<'Fetch'>, request: number): void {
    for (const { topicId, partitions } of responses) {
      for (const partition of partitions) {
        const own = this.#followed.get(topicId, partition.partitionIndex)
        // It may have been named again since, in another epoch: that answer is yet to come.
        if (own === undefined || own.namedIn > request) continue
        // Right behind an answer that told ends only there may be another, before it had its turn.
        if (own.asked === undefined && own.inSession !== undefined) own.turn(() => this.#ready(own))
        if (own.asked === undefined) {
          own.inSession = undefined // the leader takes it for answered: it has to be named again
          continue
        }
        const answer = partitionAnswer(partition, answeredMs)
        const isNoMore = answer.answer.error !== undefined || answer.records.byteLength > 0
        if (isNoMore || answer.answer.divergingEpoch !== undefined) own.inSession = undefined
        const next = own.answered(answer, () => this.#ready(own))
        if (next === 'now') this.#due.add(own)
        else if (next === 'later') this.#options.clock.timer(againMs, () => this.#ready(own))
      }
    }
  }
}

/** Of the next fetch; 0 begins a session. */
type Session = { id: number; epoch: number }

/** Not where it was silent for too long: then the controller has heard nothing of it for longer. */
function isReset({ code }: NetworkError): boolean {
  return code === 'ECONNRESET' || code === 'EPIPE'
}

function isSame(a: PartitionFetch, b: PartitionFetch | undefined): boolean {
  return (
    a.fetchOffset === b?.fetchOffset &&
    a.currentLeaderEpoch === b.currentLeaderEpoch &&
    a.lastFetchedEpoch === b.lastFetchedEpoch &&
    a.logStartOffset === b.logStartOffset
  )
}

const noAnswer = {
  answer: { error: 'NETWORK_EXCEPTION', logStartOffset: -1 },
  records: new Uint8Array(0),
  logStartOffset: -1,
} as const
/** Kafka's replica.fetch.wait.max.ms, by default. */
const maxWaitMs = 500
/** A leader that does not answer for so long hangs: the connection is made anew. */
const timeoutMs = 2_500
const againMs = 100
const idleMs = 3_600_000
const maxEpoch = 2 ** 31 - 1
