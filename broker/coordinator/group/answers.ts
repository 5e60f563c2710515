import type { ResponseInputOf } from '../../protocol/apis.ts'
import { errorCodes } from '../../protocol/generated/error-codes.ts'

/** Kafka's own name of an error. */
export type ErrorName = keyof typeof errorCodes

/** What a member is told who joins. Left out is what an answer with an error has not. */
export type JoinAnswer = {
  readonly error?: ErrorName
  readonly memberId: string
  readonly generationId?: number
  readonly protocolType?: string | null
  readonly protocol?: string | null
  readonly leader?: string | null
  readonly skipAssignment?: boolean
  /** For the leader only. */
  readonly members?: ResponseInputOf<'JoinGroup'>['members']
}

/** What a member is told who asks for its assignment. */
export type SyncAnswer = {
  readonly error?: ErrorName
  readonly protocolType?: string | null
  readonly protocol?: string | null
  readonly assignment?: Uint8Array
}

export function joinResponse(version: number, answer: JoinAnswer): ResponseInputOf<'JoinGroup'> {
  const { error = 'NONE', protocol = null } = answer
  return {
    errorCode: errorCodes[error],
    generationId: answer.generationId ?? -1,
    protocolType: answer.protocolType ?? null,
    // Before version 7 it cannot be null; from then on there is no protocol without a name.
    protocolName: version < 7 ? (protocol ?? '') : protocol === '' ? null : protocol,
    leader: answer.leader ?? '',
    memberId: answer.memberId,
    members: answer.members ?? [],
    ...(version < 9 ? {} : { skipAssignment: answer.skipAssignment ?? false }),
  }
}

export function syncResponse(answer: SyncAnswer): ResponseInputOf<'SyncGroup'> {
  const { error = 'NONE', protocolType = null, protocol = null, assignment } = answer
  return {
    errorCode: errorCodes[error],
    protocolType,
    protocolName: protocol,
    assignment: assignment ?? new Uint8Array(0),
  }
}
