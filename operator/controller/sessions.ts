import type { Incarnation } from './decide/fencing.ts'

/** Of a broker that is there: which process, and by when it has to say so again. */
type Session = {
  readonly incarnationId: string
  deadlineMs: number
  /** Ids of its data directories that do not take all that is written. */
  failedDirectoryIds: readonly string[]
}

/**
 * Which brokers are alive, as far as this controller has heard. Pure: time comes in. Nothing of it is
 * in the metadata log; a controller that takes over gives everybody a full session.
 */
export class Sessions {
  private timeoutMs: number
  private readonly sessions = new Map<number, Session>()

  constructor(timeoutMs: number) {
    this.timeoutMs = timeoutMs
  }

  /** For who is heard from now on. Who was heard before has the time that it was given then. */
  setTimeout(timeoutMs: number): void {
    this.timeoutMs = timeoutMs
  }

  isAlive(brokerId: number): boolean {
    return this.sessions.has(brokerId)
  }

  /** A broker said that it is there. */
  heard(brokerId: number, incarnationId: string, nowMs: number): void {
    const before = this.sessions.get(brokerId)
    const failedDirectoryIds =
      before?.incarnationId === incarnationId ? before.failedDirectoryIds : []
    const deadlineMs = nowMs + this.timeoutMs
    this.sessions.set(brokerId, { incarnationId, deadlineMs, failedDirectoryIds })
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

  /** It is gone, if it is still that process. @returns Whether it was. */
  end(brokerId: number, incarnationId: string): boolean {
    if (this.sessions.get(brokerId)?.incarnationId !== incarnationId) return false
    return this.sessions.delete(brokerId)
  }

  /** Those that were silent for too long, which are not alive from now on. */
  takeExpired(nowMs: number): Incarnation[] {
    const expired: Incarnation[] = []
    for (const [brokerId, { incarnationId, deadlineMs }] of this.sessions) {
      if (deadlineMs <= nowMs) expired.push({ brokerId, incarnationId })
    }
    for (const { brokerId } of expired) this.sessions.delete(brokerId)
    return expired
  }

  /** After a time in which nobody could be heard everybody gets a full session. */
  restart(nowMs: number): void {
    for (const session of this.sessions.values()) session.deadlineMs = nowMs + this.timeoutMs
  }

  /** When the next one may expire. */
  get nextDeadlineMs(): number | undefined {
    let next: number | undefined
    for (const { deadlineMs } of this.sessions.values())
      next = Math.min(next ?? deadlineMs, deadlineMs)
    return next
  }
}
