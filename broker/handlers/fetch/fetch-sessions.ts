import type { Random } from '../../../lib/random.ts'
import { FetchSession } from './fetch-session.ts'
import type { Wanted } from './wanted.ts'

export type FetchSessionsOptions = {
  /** `max.incremental.fetch.session.cache.slots` */
  readonly slots: number
  readonly random: Pick<Random, 'below'>
}

/**
 * The fetch sessions of a broker, which are few: at the bound a new one takes the place of one that was
 * not used for long, or is worth less, or else there is none, and the client says all of what it wants
 * each time. As in Kafka, but that partitions are counted too: a session takes about 200 bytes for each.
 */
export class FetchSessions {
  private readonly options: FetchSessionsOptions
  /** The one that was used last is at the end. */
  private readonly byId = new Map<number, FetchSession>()
  private members = 0

  constructor(options: FetchSessionsOptions) {
    this.options = options
  }

  get count(): number {
    return this.byId.size
  }

  /** Of all sessions. */
  get partitionCount(): number {
    return this.members
  }

  find(id: number): FetchSession | undefined {
    return this.byId.get(id)
  }

  remove(id: number): void {
    const session = this.byId.get(id)
    if (session === undefined) return
    this.byId.delete(id)
    this.members -= session.size
  }

  /** @returns Undefined where there is no place for it. */
  add(
    wanted: readonly Wanted[],
    own: { nowMs: number; usesTopicIds: boolean; isPrivileged: boolean },
  ): FetchSession | undefined {
    if (wanted.length > mostOfSession) return undefined
    const { slots } = this.options
    const isFull = this.byId.size >= slots || this.members + wanted.length > mostOfAll
    if (isFull && !this.evictFor({ ...own, size: wanted.length })) return undefined
    if (this.byId.size >= slots || this.members + wanted.length > mostOfAll) return undefined
    const session = new FetchSession(this.newId(), own)
    session.update(wanted, [])
    this.byId.set(session.id, session)
    this.members += session.size
    return session
  }

  /**
   * A session was used, and changed.
   *
   * @returns Whether it may stay: it may have become too large, or have nothing left.
   */
  used(session: FetchSession, sizeBefore: number, nowMs: number): boolean {
    this.members += session.size - sizeBefore
    session.lastUsedMs = nowMs
    this.byId.delete(session.id)
    this.byId.set(session.id, session)
    const isTooLarge = session.size > mostOfSession || this.members > mostOfAll
    if (session.size > 0 && !isTooLarge) return true
    this.remove(session.id)
    return false
  }

  /** Makes place for a session. @returns Whether there was one that had to go. */
  private evictFor(own: { nowMs: number; isPrivileged: boolean; size: number }): boolean {
    const [oldest] = this.byId.values()
    if (oldest === undefined) return false
    if (own.nowMs - oldest.lastUsedMs > idleMs) {
      this.remove(oldest.id)
      return true
    }
    let least: FetchSession | undefined
    for (const session of this.byId.values()) {
      if (!isEvictable(session, own)) continue
      if (least === undefined || worthOf(session) < worthOf(least)) least = session
    }
    if (least === undefined || worthOf(least) > worthOf(own)) return false
    this.remove(least.id)
    return true
  }

  /** Not 0, which is none. */
  private newId(): number {
    for (;;) {
      const id = 1 + this.options.random.below(maxId)
      if (!this.byId.has(id)) return id
    }
  }
}

/** A follower may take the place of any client; a client only that of one who had it for long. */
function isEvictable(
  { isPrivileged, createdMs }: FetchSession,
  own: { nowMs: number; isPrivileged: boolean },
): boolean {
  return own.nowMs - createdMs > idleMs || (own.isPrivileged && !isPrivileged)
}

/** Followers first, then whoever saves most. */
function worthOf({ isPrivileged, size }: { isPrivileged: boolean; size: number }): number {
  return (isPrivileged ? 2 ** 32 : 0) + size
}

/** Kafka's `MIN_INCREMENTAL_FETCH_SESSION_EVICTION_MS`. */
const idleMs = 120_000
const maxId = 2 ** 31 - 1
/** Of one session. A follower of a broker with 100,000 replicas still gets one. */
const mostOfSession = 200_000
/** Of all of them: 200 MB. */
const mostOfAll = 1_000_000
