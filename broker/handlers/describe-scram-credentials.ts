import type { RequestOf, ResponseInputOf } from '../protocol/apis.ts'
import { errorCodes } from '../protocol/generated/error-codes.ts'

/** Nobody has SCRAM credentials yet: of all users there are none, and none that is named (KIP-554). */
export function handleDescribeUserScramCredentials({
  users,
}: RequestOf<'DescribeUserScramCredentials'>): ResponseInputOf<'DescribeUserScramCredentials'> {
  const times = new Map<string, number>()
  for (const { name } of users ?? []) times.set(name, (times.get(name) ?? 0) + 1)
  const inOrder = [...times].sort(([a], [b]) => (a < b ? -1 : 1))
  const results = inOrder.map(([user, count]) => ({
    user,
    ...(count > 1 ? twice(user) : unknown(user)),
    credentialInfos: [],
  }))
  return { throttleTimeMs: 0, errorCode: errorCodes.NONE, errorMessage: null, results }
}

function twice(user: string) {
  const errorMessage = `user ${user} is named more than once`
  return { errorCode: errorCodes.DUPLICATE_RESOURCE, errorMessage }
}

function unknown(user: string) {
  const errorMessage = `Attempt to describe a user credential that does not exist: ${user}`
  return { errorCode: errorCodes.RESOURCE_NOT_FOUND, errorMessage }
}
