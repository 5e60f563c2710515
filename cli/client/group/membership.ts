import { errorCodes } from '../../../broker/protocol/generated/error-codes.ts'
import { answerError, ClientError, isTransient } from '../client-error.ts'

/** Where a member of a classic group stands, and what it has to do next. */
export type Membership = {
  readonly group: string
  /** Empty until the coordinator gave it one. */
  readonly memberId: string
  /** -1 while it is in none: then what it had is perhaps somebody else's. */
  readonly generationId: number
  readonly next: GroupStep
  /** Since all went as wished. */
  readonly failures: number
  /** Why it is tried again, where a person may want to know. */
  readonly trouble: string | undefined
}

export type GroupStep =
  | 'find' // the broker that coordinates the group
  | 'join' // what it has is given back before; the answer comes when all have joined
  | 'sync' // it hears which partitions it has
  | 'stay' // it reads, commits and sends heartbeats

export type GroupEvent =
  | { readonly type: 'found' | 'synced' | 'stayed' }
  | { readonly type: 'joined'; readonly memberId: string; readonly generationId: number }
  /** The leader of the group sees other partitions than it shared out. */
  | { readonly type: 'outdated' }
  /** @property memberId The one that an answer to JoinGroup gives. */
  | { readonly type: 'refused'; readonly code: number; readonly memberId?: string }
  /** Nothing is known of what became of the request. */
  | { readonly type: 'lost'; readonly why: string }

export function newMembership(group: string): Membership {
  return { group, memberId: '', generationId: -1, next: 'find', failures: 0, trouble: undefined }
}

/**
 * What follows from an answer. Pure; as Kafka's own consumer does it (AbstractCoordinator).
 *
 * @throws {ClientError} It cannot be a member.
 */
export function nextMembership(now: Membership, event: GroupEvent): Membership {
  switch (event.type) {
    case 'found':
      // A coordinator that moved knows the generation: nobody has to stop for that.
      return { ...now, next: now.generationId < 0 ? 'join' : 'stay' }
    case 'joined': {
      const { memberId, generationId } = event
      return { ...wentWell(now), memberId, generationId, next: 'sync' }
    }
    case 'synced':
    case 'stayed':
      return { ...wentWell(now), next: 'stay' }
    case 'outdated':
      return { ...now, next: 'join' }
    case 'lost':
      return lost(now, event.why)
    case 'refused':
      return refused(now, event)
  }
}

function wentWell(now: Membership): Membership {
  return { ...now, failures: 0, trouble: undefined }
}

/** Whoever was about to join or to sync may be out by now; in a generation, it goes on. */
function lost(now: Membership, why: string): Membership {
  const generationId = now.next === 'join' || now.next === 'sync' ? -1 : now.generationId
  return { ...now, generationId, next: 'find', failures: now.failures + 1, trouble: why }
}

function refused(
  now: Membership,
  { code, memberId }: GroupEvent & { type: 'refused' },
): Membership {
  switch (code) {
    case errorCodes.REBALANCE_IN_PROGRESS:
      return { ...wentWell(now), next: 'join' }
    case errorCodes.MEMBER_ID_REQUIRED: // KIP-394
      return { ...now, memberId: memberId ?? '', next: 'join' }
    case errorCodes.ILLEGAL_GENERATION:
      return { ...now, generationId: -1, next: 'join' }
    case errorCodes.UNKNOWN_MEMBER_ID: {
      const trouble = `group '${now.group}' has gone on without this member, which joins it again`
      const failures = now.failures + 1
      return { ...now, memberId: '', generationId: -1, next: 'join', failures, trouble }
    }
    case errorCodes.NOT_COORDINATOR:
    case errorCodes.COORDINATOR_NOT_AVAILABLE:
      return lost(now, errorOf(now, code).message)
    case errorCodes.INCONSISTENT_GROUP_PROTOCOL:
      throw new ClientError(
        `group '${now.group}' does not share partitions by range: its members, or what it is, do not go with that`,
      )
    default: {
      const error = errorOf(now, code)
      if (!isTransient(error)) throw error
      return { ...now, failures: now.failures + 1, trouble: error.message }
    }
  }
}

function errorOf({ group }: Membership, code: number) {
  return answerError(code, `group '${group}'`)
}
