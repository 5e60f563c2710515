import type { Decision } from '../../../broker/coordinator/decision.ts'
import type { Client, GroupMembership } from '../../../broker/coordinator/membership.ts'
import type { RequestOf, ResponseInputOf } from '../../../broker/protocol/apis.ts'
import { KafkaError } from '../../../broker/protocol/errors.ts'
import { errorCodes } from '../../../broker/protocol/generated/error-codes.ts'

/** Groups without members: who wants to join is asked to come again. */
export function noMembership(): GroupMembership {
  return {
    join: refuse,
    sync: refuse,
    heartbeat: refuse,
    leave: refuse,
    describe,
    list: () => decided({ throttleTimeMs: 0, errorCode: errorCodes.NONE, groups: [] }),
    replay() {},
    loaded() {},
    unload() {},
    checkCommit() {},
    stateOf: () => 'Unknown',
    isSubscribed: () => false,
    protocolType: () => null,
    emptySinceMs: () => null,
    remove: () => [],
  }
}

function refuse(): never {
  throw new KafkaError('COORDINATOR_NOT_AVAILABLE', 'there are no members of groups yet')
}

function describe(
  { groups }: RequestOf<'DescribeGroups'>,
  { version }: Pick<Client, 'version'>,
): Decision<ResponseInputOf<'DescribeGroups'>> {
  const errorCode = version < 6 ? errorCodes.NONE : errorCodes.GROUP_ID_NOT_FOUND
  const nothing = { protocolType: '', protocolData: '', members: [] }
  return decided({
    throttleTimeMs: 0,
    groups: groups.map((groupId) => ({ errorCode, groupId, groupState: 'Dead', ...nothing })),
  })
}

function decided<R>(response: R): Decision<R> {
  return { records: [], response }
}
