import { deleteGroup } from '../coordinator/offsets/delete-offsets.ts'
import type { RequestOf, ResponseInputOf } from '../protocol/apis.ts'
import { errorOf } from '../protocol/error-of.ts'
import { errorCodes } from '../protocol/generated/error-codes.ts'
import type { Context } from './services.ts'

/** Takes groups away that have no members, with all that they committed. */
export async function handleDeleteGroups(
  { groupsNames }: RequestOf<'DeleteGroups'>,
  { services }: Context,
): Promise<ResponseInputOf<'DeleteGroups'>> {
  const results = [...new Set(groupsNames)].map(async (groupId) => {
    try {
      const decide = (state: Parameters<typeof deleteGroup>[0]) => deleteGroup(state, groupId)
      await services.groups.run(groupId, decide, { inPieces: true })
      return { groupId, errorCode: errorCodes.NONE }
    } catch (error) {
      return { groupId, errorCode: errorOf(error).errorCode }
    }
  })
  return { throttleTimeMs: 0, results: await Promise.all(results) }
}
