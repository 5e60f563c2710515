import type { RequestOf } from '../../protocol/apis.ts'
import { errorCodes } from '../../protocol/generated/error-codes.ts'
import type { FetchSession, Told } from './fetch-session.ts'
import type { FetchSessions } from './fetch-sessions.ts'
import { firstVersionWithIds, type Wanted, wantedOf } from './wanted.ts'

/** What one Fetch is about: all that it says, or all that its session knows. */
export type FetchContext = {
  /** In the order in which it is read. */
  readonly wanted: readonly Wanted[]
  /** To be called once. What of that is to be answered, and in which session. */
  answer<R extends Told & { readonly wanted: Wanted }>(results: readonly R[]): FetchAnswer<R>
}

export type FetchAnswer<R> = {
  readonly errorCode: number
  /** 0 for none. */
  readonly sessionId: number
  readonly results: readonly R[]
}

/** The epochs that a request may say in place of the session's own (KIP-227). */
const newSession = 0
const noSession = -1
const maxEpoch = 2 ** 31 - 1

type About = {
  readonly version: number
  readonly nowMs: number
  /** It is of a follower. */
  readonly isPrivileged: boolean
}

/** @returns An error code where the session that it names is not there, or not as the client has it. */
export function openFetch(
  request: RequestOf<'Fetch'>,
  sessions: FetchSessions,
  about: About,
): FetchContext | { readonly errorCode: number } {
  const { sessionId, sessionEpoch } = request
  if (sessionEpoch === newSession || sessionEpoch === noSession) {
    if (sessionId !== 0) sessions.remove(sessionId) // the client has begun anew
    const wanted = wantedOf(request, about.version)
    const isWithout = sessionEpoch === noSession || wanted.length === 0
    return isWithout ? withoutSession(wanted) : inNewSession(wanted, sessions, about)
  }
  const session = sessions.find(sessionId)
  if (session === undefined) return { errorCode: errorCodes.FETCH_SESSION_ID_NOT_FOUND }
  if (session.epoch !== sessionEpoch) return { errorCode: errorCodes.INVALID_FETCH_SESSION_EPOCH }
  if (session.usesTopicIds !== about.version >= firstVersionWithIds) {
    return { errorCode: errorCodes.FETCH_SESSION_TOPIC_ID_ERROR }
  }
  const { size } = session
  session.update(wantedOf(request, about.version), forgottenOf(request, about.version))
  session.epoch = sessionEpoch === maxEpoch ? 1 : sessionEpoch + 1
  // What is left of one that may not stay is answered as if there were none.
  if (!sessions.used(session, size, about.nowMs)) return withoutSession(session.wanted())
  return inSession(session)
}

function withoutSession(wanted: readonly Wanted[]): FetchContext {
  return {
    wanted,
    answer: (results) => ({ errorCode: errorCodes.NONE, sessionId: 0, results }),
  }
}

/** The session is there once there is an answer that names it. */
function inNewSession(
  wanted: readonly Wanted[],
  sessions: FetchSessions,
  { version, nowMs, isPrivileged }: About,
): FetchContext {
  return {
    wanted,
    answer(results) {
      const usesTopicIds = version >= firstVersionWithIds
      const session = sessions.add(wanted, { nowMs, usesTopicIds, isPrivileged })
      for (const result of results) session?.tell(result.wanted, result)
      return { errorCode: errorCodes.NONE, sessionId: session?.id ?? 0, results }
    },
  }
}

function inSession(session: FetchSession): FetchContext {
  const { id: sessionId, epoch } = session
  return {
    wanted: session.wanted(),
    answer(results) {
      // Another request of the session was handled while this one waited: its client is gone.
      if (session.epoch !== epoch) {
        return { errorCode: errorCodes.INVALID_FETCH_SESSION_EPOCH, sessionId, results: [] }
      }
      const news = results.filter((result) => session.tell(result.wanted, result))
      return { errorCode: errorCodes.NONE, sessionId, results: news }
    },
  }
}

function forgottenOf({ forgottenTopicsData }: RequestOf<'Fetch'>, version: number) {
  return forgottenTopicsData.flatMap(({ topic: name, topicId, partitions }) => {
    const topic = version >= firstVersionWithIds ? topicId : name
    return partitions.map((partition) => ({ topic, partition }))
  })
}
