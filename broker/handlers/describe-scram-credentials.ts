import { duplicates } from '../../lib/duplicates.ts'
import type { RequestOf, ResponseInputOf } from '../protocol/apis.ts'
import { errorCodes } from '../protocol/generated/error-codes.ts'

/** Nobody has SCRAM credentials yet: of all users there are none, and none that is named (KIP-554). */
export function handleDescribeUserScramCredentials({
  users,
}: RequestOf<'DescribeUserScramCredentials'>): ResponseInputOf<'DescribeUserScramCredentials'> {
  const names = users?.map(({ name }) => name) ?? []
  const twice = duplicates(names)
  const results = [...new Set(names)].sort().map((user) => ({
    user,
    ...(twice.has(user) ? repeated(user) : unknown(user)),
    credentialInfos: [],
  }))
  return { throttleTimeMs: 0, errorCode: errorCodes.NONE, errorMessage: null, results }
}

function repeated(user: string) {
  const errorMessage = `user ${user} is named more than once`
  return { errorCode: errorCodes.DUPLICATE_RESOURCE, errorMessage }
}

function unknown(user: string) {
  const errorMessage = `Attempt to describe a user credential that does not exist: ${user}`
  return { errorCode: errorCodes.RESOURCE_NOT_FOUND, errorMessage }
}
