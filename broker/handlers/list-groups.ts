import { listGroups } from '../coordinator/list-groups.ts'
import type { RequestOf, ResponseInputOf } from '../protocol/apis.ts'
import { errorOf } from '../protocol/error-of.ts'
import { errorCodes } from '../protocol/generated/error-codes.ts'
import type { Context } from './services.ts'

/** The groups that are coordinated here: clients ask all brokers. */
export async function handleListGroups(
  request: RequestOf<'ListGroups'>,
  { services }: Context,
): Promise<ResponseInputOf<'ListGroups'>> {
  try {
    const groups = await services.groups.runForAll((state) => listGroups(state, request))
    return { throttleTimeMs: 0, errorCode: errorCodes.NONE, groups: groups.flat() }
  } catch (error) {
    return { throttleTimeMs: 0, errorCode: errorOf(error).errorCode, groups: [] }
  }
}
