import { describeGroup } from '../coordinator/list-groups.ts'
import type { RequestOf, ResponseInputOf } from '../protocol/apis.ts'
import { errorOf } from '../protocol/error-of.ts'
import { errorCodes } from '../protocol/generated/error-codes.ts'
import { allGroupOperations } from './operations.ts'
import type { Context } from './services.ts'

type Described = ResponseInputOf<'DescribeGroups'>['groups'][number]

/** The members of groups, and what each is assigned. */
export async function handleDescribeGroups(
  { groups, includeAuthorizedOperations }: RequestOf<'DescribeGroups'>,
  { services, version }: Context,
): Promise<ResponseInputOf<'DescribeGroups'>> {
  const described = await Promise.all(groups.map((groupId) => describe(groupId)))
  return { throttleTimeMs: 0, groups: described }

  async function describe(groupId: string): Promise<Described> {
    try {
      const decided = await services.groups.run(groupId, (state) => {
        return describeGroup(state, groupId, { version })
      })
      const isTold = includeAuthorizedOperations && decided.errorCode === errorCodes.NONE
      return isTold ? { ...decided, authorizedOperations: allGroupOperations } : decided
    } catch (error) {
      const { errorCode } = errorOf(error)
      const nothing = { groupState: '', protocolType: '', protocolData: '', members: [] }
      return { errorCode, groupId, ...nothing }
    }
  }
}
