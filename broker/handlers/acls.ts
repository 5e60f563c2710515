import type { RequestOf, ResponseInputOf } from '../protocol/apis.ts'
import { errorCodes } from '../protocol/generated/error-codes.ts'

/**
 * There are no ACLs yet. Who asks is told so in Kafka's own words for a broker without an
 * authorizer: whoever believes that there are some must not go on.
 */
const disabled = {
  errorCode: errorCodes.SECURITY_DISABLED,
  errorMessage: 'No Authorizer is configured.',
}

export function handleDescribeAcls(): ResponseInputOf<'DescribeAcls'> {
  return { throttleTimeMs: 0, ...disabled, resources: [] }
}

export function handleCreateAcls({
  creations,
}: RequestOf<'CreateAcls'>): ResponseInputOf<'CreateAcls'> {
  return { throttleTimeMs: 0, results: creations.map(() => disabled) }
}

export function handleDeleteAcls({
  filters,
}: RequestOf<'DeleteAcls'>): ResponseInputOf<'DeleteAcls'> {
  const filterResults = filters.map(() => ({ ...disabled, matchingAcls: [] }))
  return { throttleTimeMs: 0, filterResults }
}
