import type { Clock } from '../../lib/clock.ts'
import type { Random } from '../../lib/random.ts'
import type { RequestOf, ResponseInputOf } from '../protocol/apis.ts'
import { KafkaError } from '../protocol/errors.ts'

type Request = RequestOf<'Fetch'>
type Topic = Request['topics'][number]
type Wanted = Topic['partitions'][number]
type TopicResponse = ResponseInputOf<'Fetch'>['responses'][number]
type PartitionResponse = TopicResponse['partitions'][number]

/** A partition of a session, and what its client was last told of it. */
type Entry = { readonly topic: string; readonly topicId: string; wanted: Wanted; told: string }

type Session = {
  readonly id: number
  readonly usesIds: boolean
  epoch: number
  usedMs: number
  readonly entries: Map<string, Entry>
}

/** One request of a session, or of none: then `id` is 0. */
export type SessionFetch = {
  readonly id: number
  /** All that is to be read, in order. */
  readonly topics: Topic[]
  /** Of the answers those that its client has to hear. */
  news(responses: readonly TopicResponse[]): readonly TopicResponse[]
}

/**
 * What clients fetch again and again, so that they need only say what changes, and hear only what
 * has changed (KIP-227). As many as Kafka keeps; where there is no room for another, its client goes
 * on with full requests. One that was not used for a while makes room.
 */
export class FetchSessions {
  private readonly clock: Clock
  private readonly random: Random
  private readonly limits: { readonly most: number; readonly mostPartitions: number }
  private readonly sessions = new Map<number, Session>() // the one that was used last comes last
  private partitions = 0

  constructor(
    { clock, random }: { clock: Clock; random: Random },
    { most = 1_000, mostPartitions = 200_000 }: { most?: number; mostPartitions?: number } = {},
  ) {
    this.clock = clock
    this.random = random
    this.limits = { most, mostPartitions } // by default at most 60 MB
  }

  get count(): number {
    return this.sessions.size
  }

  /**
   * @throws {KafkaError} FETCH_SESSION_ID_NOT_FOUND, INVALID_FETCH_SESSION_EPOCH,
   *   FETCH_SESSION_TOPIC_ID_ERROR: the client begins anew with a full request.
   */
  begin(request: Request, version: number): SessionFetch {
    const { sessionId, sessionEpoch, topics } = request
    const isFull = sessionEpoch === 0 || sessionEpoch === -1
    if (!isFull) return this.continue(request, version)
    if (sessionId !== 0) this.remove(sessionId)
    const session = sessionEpoch === 0 ? this.make(request, version) : undefined
    if (session === undefined) return { id: 0, topics, news: (responses) => responses }
    const news = (responses: readonly TopicResponse[]) => {
      remember(session, responses)
      return responses
    }
    return { id: session.id, topics, news }
  }

  private continue(request: Request, version: number): SessionFetch {
    const session = this.sessions.get(request.sessionId)
    if (session === undefined) throw refused('FETCH_SESSION_ID_NOT_FOUND', request)
    if (session.epoch !== request.sessionEpoch) {
      throw refused('INVALID_FETCH_SESSION_EPOCH', request)
    }
    if (session.usesIds !== version >= firstWithIds) {
      throw refused('FETCH_SESSION_TOPIC_ID_ERROR', request)
    }
    session.epoch = session.epoch === maxEpoch ? 1 : session.epoch + 1
    session.usedMs = this.clock.monotonicMs()
    this.sessions.delete(session.id)
    this.sessions.set(session.id, session)
    const before = session.entries.size
    for (const topic of request.forgottenTopicsData) {
      for (const index of topic.partitions) session.entries.delete(keyOf(topic, index))
    }
    put(session, request.topics)
    this.partitions += session.entries.size - before
    if (session.entries.size === 0) {
      // Nothing is left to be told of: as in Kafka the client makes another session, or needs none.
      this.remove(session.id)
      return { id: 0, topics: [], news: (responses) => responses }
    }
    if (this.partitions > this.limits.mostPartitions) {
      this.remove(session.id)
      throw refused('FETCH_SESSION_ID_NOT_FOUND', request)
    }
    return {
      id: session.id,
      topics: topicsOf(session),
      news: (responses) => remember(session, responses),
    }
  }

  private make(request: Request, version: number): Session | undefined {
    const wanted = request.topics.reduce((sum, { partitions }) => sum + partitions.length, 0)
    if (version < firstWithSessions || wanted === 0 || !this.makeRoom(wanted)) return undefined
    let id = 0
    while (id === 0 || this.sessions.has(id)) id = this.random.below(2 ** 31)
    const usesIds = version >= firstWithIds
    const usedMs = this.clock.monotonicMs()
    const session: Session = { id, usesIds, epoch: 1, usedMs, entries: new Map() }
    put(session, request.topics)
    this.sessions.set(id, session)
    this.partitions += session.entries.size
    return session
  }

  private makeRoom(partitions: number): boolean {
    const idleSinceMs = this.clock.monotonicMs() - minIdleMs
    for (const { id, usedMs } of this.sessions.values()) {
      if (this.hasRoom(partitions) || usedMs > idleSinceMs) break
      this.remove(id)
    }
    return this.hasRoom(partitions)
  }

  private hasRoom(partitions: number): boolean {
    const { most, mostPartitions } = this.limits
    return this.sessions.size < most && this.partitions + partitions <= mostPartitions
  }

  private remove(id: number): void {
    this.partitions -= this.sessions.get(id)?.entries.size ?? 0
    this.sessions.delete(id)
  }
}

/** min.incremental.fetch.session.eviction.ms */
const minIdleMs = 120_000
const maxEpoch = 2 ** 31 - 1
const firstWithSessions = 7
const firstWithIds = 13

function put({ entries }: Session, topics: readonly Topic[]): void {
  for (const { topic, topicId, partitions } of topics) {
    for (const wanted of partitions) {
      const key = keyOf({ topic, topicId }, wanted.partition)
      const before = entries.get(key)
      if (before === undefined) entries.set(key, { topic, topicId, wanted, told: '' })
      else before.wanted = wanted
    }
  }
}

/** What is told is noted, and who got records comes last next time, for the others' sake. */
function remember(
  { entries }: Session,
  responses: readonly TopicResponse[],
): readonly TopicResponse[] {
  const news: TopicResponse[] = []
  for (const topic of responses) {
    const partitions = topic.partitions.filter((response) => {
      const key = keyOf(topic, response.partitionIndex)
      const entry = entries.get(key)
      if (entry === undefined) return true
      const told = textOf(response)
      const hasRecords = hasAny(response.records)
      const isElsewhere = (response.preferredReadReplica ?? -1) !== -1
      const isNews = hasRecords || isElsewhere || response.errorCode !== 0 || told !== entry.told
      entry.told = response.divergingEpoch === undefined ? told : ''
      if (hasRecords) {
        entries.delete(key)
        entries.set(key, entry)
      }
      return isNews
    })
    if (partitions.length > 0) news.push({ ...topic, partitions })
  }
  return news
}

function textOf(response: PartitionResponse): string {
  const { errorCode, highWatermark, lastStableOffset, logStartOffset, divergingEpoch } = response
  const diverging = divergingEpoch === undefined ? '' : 'diverging'
  return `${errorCode} ${highWatermark} ${lastStableOffset} ${logStartOffset} ${diverging}`
}

function hasAny(records: PartitionResponse['records']): boolean {
  if (records === null || records === undefined) return false
  return records instanceof Uint8Array ? records.byteLength > 0 : records.length > 0
}

/** Neighbours of one topic are told together. */
function topicsOf({ entries }: Session): Topic[] {
  const topics: (Topic & { partitions: Wanted[] })[] = []
  for (const { topic, topicId, wanted } of entries.values()) {
    const last = topics.at(-1)
    if (last?.topic === topic && last.topicId === topicId) last.partitions.push(wanted)
    else topics.push({ topic, topicId, partitions: [wanted] })
  }
  return topics
}

function keyOf(
  {
    topic = '',
    topicId = '',
  }: { readonly topic?: string | undefined; readonly topicId?: string | undefined },
  partition: number,
): string {
  return `${topicId} ${partition} ${topic}`
}

function refused(code: KafkaError['code'], { sessionId, sessionEpoch }: Request): KafkaError {
  return new KafkaError(code, `fetch session ${sessionId}, epoch ${sessionEpoch}`)
}
