import type { RequestOf, ResponseInputOf } from '../../protocol/apis.ts'
import { errorCodes } from '../../protocol/generated/error-codes.ts'
import type { Group } from './group.ts'
import { metadataOf, noAssignment } from './member.ts'

type DescribedGroup = ResponseInputOf<'DescribeGroups'>['groups'][number]
type ListedGroup = ResponseInputOf<'ListGroups'>['groups'][number]

/** What its members said of themselves is shown only while the group is stable, as in Kafka. */
export function describeGroup(group: Group): DescribedGroup {
  const { id, state, protocolType, protocol, members } = group
  const shown = state === 'Stable' ? protocol : null
  return {
    errorCode: errorCodes.NONE,
    groupId: id,
    groupState: state,
    protocolType: protocolType ?? '',
    protocolData: shown ?? '',
    members: Array.from(members.values(), (member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      memberMetadata: shown === null ? noAssignment : metadataOf(member, shown),
      memberAssignment: member.assignment,
    })),
  }
}

/** Before version 6 a group that is not there is a dead one. */
export function describeUnknown(groupId: string, version: number): DescribedGroup {
  const notFound = {
    errorCode: errorCodes.GROUP_ID_NOT_FOUND,
    errorMessage: `Group ${groupId} not found.`,
  }
  return {
    ...(version < 6 ? { errorCode: errorCodes.NONE } : notFound),
    groupId,
    groupState: 'Dead',
    protocolType: '',
    protocolData: '',
    members: [],
  }
}

/** Whether ListGroups asks for a group; what is no state or type at all matches none. */
export function isListed(
  { state }: Pick<Group, 'state'>,
  { statesFilter, typesFilter }: RequestOf<'ListGroups'>,
): boolean {
  const isOfState = (name: string) => name.trim().toLowerCase() === state.toLowerCase()
  const isOfType = (name: string) => name.toLowerCase() === 'classic'
  return (
    (statesFilter.length === 0 || statesFilter.some(isOfState)) &&
    (typesFilter.length === 0 || typesFilter.some(isOfType))
  )
}

export function listGroup({ id, protocolType, state }: Group): ListedGroup {
  const groupState = state
  return { groupId: id, protocolType: protocolType ?? '', groupState, groupType: 'classic' }
}
