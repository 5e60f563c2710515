import type { RequestOf, ResponseInputOf } from '../protocol/apis.ts'
import type { CoordinatorState } from './coordinator-state.ts'
import type { Decision } from './decision.ts'
import { isListed } from './group/describe.ts'
import type { Client } from './membership.ts'

type ListedGroup = ResponseInputOf<'ListGroups'>['groups'][number]
type DescribedGroup = ResponseInputOf<'DescribeGroups'>['groups'][number]

/** Groups with members, and those that only have offsets: they are empty, and of no protocol. */
export function listGroups(
  { membership, offsets }: CoordinatorState,
  request: RequestOf<'ListGroups'>,
): Decision<readonly ListedGroup[]> {
  const { records, response } = membership.list(request)
  const simple = isListed({ state: 'Empty' }, request)
    ? [...offsets.groups()].filter((group) => isSimple(group))
    : []
  const others = simple.map((groupId): ListedGroup => {
    return { groupId, protocolType: '', groupState: 'Empty', groupType: 'classic' }
  })
  const all = async () => [...(await response).groups, ...others]
  return { records, response: all() }

  function isSimple(group: string): boolean {
    return membership.stateOf(group) === 'Unknown'
  }
}

/** One group; of one that only has offsets there is little to say. */
export function describeGroup(
  { membership, offsets }: CoordinatorState,
  groupId: string,
  client: Pick<Client, 'version'>,
): Decision<DescribedGroup> {
  if (membership.stateOf(groupId) === 'Unknown' && offsets.has(groupId)) {
    const own = { groupState: 'Empty', protocolType: '', protocolData: '', members: [] }
    return { records: [], response: { errorCode: 0, groupId, ...own } }
  }
  const request = { groups: [groupId], includeAuthorizedOperations: false }
  const { records, response } = membership.describe(request, client)
  const only = async () => (await response).groups[0] as DescribedGroup
  return { records, response: only() }
}
