import type { Incarnation } from '../decide/fencing.ts'
import { Leniency } from './leniency.ts'
import { RecentDrops } from './recent-drops.ts'

/** How long a broker may be silent. */
export type SessionTimes = {
  /** After so much silence a broker is fenced. */
  readonly sessionTimeoutMs: number
  /** So long a broker whose connection is lost has to be heard on another. */
  readonly disconnectGraceMs: number
}

/** A process that is taken for gone. */
export type Gone = Incarnation & {
  readonly why: string
  /** It is there and says nothing, as far as can be known from here: its connection is, and others are heard. */
  readonly isHung: boolean
}

/** Of a broker that is there: which process, and by when it has to say so again. */
type Session = {
  readonly incarnationId: string
  /** Undefined: never, since this controller took over. */
  readonly heardMs: number | undefined
  deadlineMs: number
  /** The connection on which it was heard last is there, as far as is known. */
  isConnected: boolean
  /** Where the connection is lost, and it alone is to blame: by when it has to be back. */
  graceEndMs: number | undefined
  /** Ids of its data directories that do not take all that is written. */
  failedDirectoryIds: readonly string[]
}

/**
 * Which brokers are alive, as far as this controller has heard. Pure: time comes in. Nothing of it is
 * in the metadata log; a controller that takes over gives everybody a full session.
 *
 * A process that dies closes its connections, so one that lost its connection has a short grace only,
 * in which that very process may be heard on another. Where many lose theirs, or this process stood
 * still, they are not to blame: then silence counts, as it does for who hangs. A lost connection never
 * makes a session longer.
 */
export class Sessions {
  private times: SessionTimes
  private readonly rackOf: (brokerId: number) => string | null
  private readonly sessions = new Map<number, Session>()
  private readonly drops = new RecentDrops()
  private readonly leniency = new Leniency()
  /** By broker, the process that was silent for too long. */
  private readonly tooSilent = new Map<number, string>()

  /** @param rackOf Null: nobody knows. */
  constructor(times: SessionTimes, rackOf: (brokerId: number) => string | null = () => null) {
    this.times = times
    this.rackOf = rackOf
  }

  /** For who is heard, or loses its connection, from now on. Who did before has the time that it was given then. */
  configure(times: SessionTimes): void {
    this.times = times
  }

  /**
   * Whether another process of that broker has to wait: this one was heard in time, and its connection
   * is not known to be lost.
   */
  isThere(brokerId: number): boolean {
    return this.sessions.get(brokerId)?.isConnected === true
  }

  /** Whether it is a process that was silent for too long, and nothing was heard of that broker since. */
  isTakenForGone(brokerId: number, incarnationId: string): boolean {
    return this.tooSilent.get(brokerId) === incarnationId
  }

  /** A broker that was there is given a session to be heard. @returns By when it has to be. */
  expect(brokerId: number, incarnationId: string, nowMs: number): number {
    return this.open(brokerId, { incarnationId, heardMs: undefined }, nowMs)
  }

  /** A broker said that it is there. @returns By when it has to say so again. */
  heard(brokerId: number, incarnationId: string, nowMs: number): number {
    if (this.isTakenForGone(brokerId, incarnationId)) this.leniency.wasTooStrict(brokerId, nowMs)
    this.tooSilent.delete(brokerId)
    return this.open(brokerId, { incarnationId, heardMs: nowMs }, nowMs)
  }

  private open(
    brokerId: number,
    { incarnationId, heardMs }: Pick<Session, 'incarnationId' | 'heardMs'>,
    nowMs: number,
  ): number {
    const before = this.sessions.get(brokerId)
    const failedDirectoryIds =
      before?.incarnationId === incarnationId ? before.failedDirectoryIds : []
    const deadlineMs = nowMs + this.times.sessionTimeoutMs
    this.sessions.set(brokerId, {
      incarnationId,
      heardMs,
      deadlineMs,
      isConnected: true,
      graceEndMs: undefined,
      failedDirectoryIds,
    })
    return deadlineMs
  }

  /** A broker that is there said how its disk is. @returns Whether that is news. */
  heardOfDisk(brokerId: number, failedDirectoryIds: readonly string[]): boolean {
    const session = this.sessions.get(brokerId)
    if (session === undefined) return false
    const before = session.failedDirectoryIds
    session.failedDirectoryIds = failedDirectoryIds
    return before.join() !== failedDirectoryIds.join()
  }

  /** Whether a broker that is there cannot write all that it should. */
  isDiskFailing(brokerId: number): boolean {
    return (this.sessions.get(brokerId)?.failedDirectoryIds.length ?? 0) > 0
  }

  /** The connection on which that process was heard last is lost. */
  dropped(brokerId: number, incarnationId: string, nowMs: number): void {
    const session = this.sessions.get(brokerId)
    if (session?.incarnationId !== incarnationId || !session.isConnected) return
    session.isConnected = false
    this.drops.dropped(brokerId, nowMs)
    const { rackOf } = this
    if (this.drops.isOfOne(nowMs, { rackOf, connected: this.connected() })) {
      const graceMs = this.times.disconnectGraceMs * this.leniency.factor(brokerId, nowMs)
      session.graceEndMs = nowMs + graceMs
    } else this.endGraces()
  }

  /** It is known to be dead, if it is still that process. @returns Whether it was. */
  end(brokerId: number, incarnationId: string): boolean {
    if (this.sessions.get(brokerId)?.incarnationId !== incarnationId) return false
    this.drops.explained(brokerId)
    return this.sessions.delete(brokerId)
  }

  /** Those that were silent for too long, which are not alive from now on. */
  takeExpired(nowMs: number): Gone[] {
    const expired: Gone[] = []
    for (const [brokerId, session] of this.sessions) {
      if (dueMs(session) > nowMs) continue
      const isDropped = session.graceEndMs !== undefined && session.graceEndMs <= nowMs
      const why = isDropped ? 'its connection is gone' : 'nothing was heard of it'
      const isHung = !isDropped && this.isHung(session, nowMs)
      expired.push({ brokerId, incarnationId: session.incarnationId, why, isHung })
    }
    for (const { brokerId, incarnationId } of expired) {
      this.sessions.delete(brokerId)
      this.tooSilent.set(brokerId, incarnationId)
    }
    return expired
  }

  /**
   * Silence alone proves nothing of a process: where nobody else is heard either it may be this one that
   * hears nothing. Nor does that of one which was never heard here: that process may be another by now.
   */
  private isHung({ heardMs, isConnected }: Session, nowMs: number): boolean {
    if (heardMs === undefined || !isConnected) return false
    const justNowMs = nowMs - this.times.sessionTimeoutMs / 2
    for (const other of this.sessions.values()) {
      if (other.heardMs !== undefined && other.heardMs >= justNowMs) return true
    }
    return false
  }

  /** After a time in which nobody could be heard everybody gets a full session. */
  stoodStill(nowMs: number): void {
    this.drops.stalled(nowMs)
    this.endGraces()
    for (const session of this.sessions.values()) {
      session.deadlineMs = nowMs + this.times.sessionTimeoutMs
    }
  }

  /** When the next one may expire. */
  get nextDeadlineMs(): number | undefined {
    let next: number | undefined
    for (const session of this.sessions.values())
      next = Math.min(next ?? dueMs(session), dueMs(session))
    return next
  }

  /** Whether somebody has less than a session. */
  get hasGraces(): boolean {
    for (const { graceEndMs } of this.sessions.values()) if (graceEndMs !== undefined) return true
    return false
  }

  private endGraces(): void {
    for (const session of this.sessions.values()) session.graceEndMs = undefined
  }

  private *connected(): Iterable<number> {
    for (const [brokerId, { isConnected }] of this.sessions) if (isConnected) yield brokerId
  }
}

function dueMs({ deadlineMs, graceEndMs = Number.POSITIVE_INFINITY }: Session): number {
  return Math.min(deadlineMs, graceEndMs)
}
