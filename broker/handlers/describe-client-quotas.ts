import type { RequestOf, ResponseInputOf } from '../protocol/apis.ts'
import { errorOf } from '../protocol/error-of.ts'
import { KafkaError } from '../protocol/errors.ts'
import { errorCodes } from '../protocol/generated/error-codes.ts'

type Component = RequestOf<'DescribeClientQuotas'>['components'][number]

/** There are no quotas yet, so none is found; a filter that makes no sense is refused (KIP-546). */
export function handleDescribeClientQuotas({
  components,
}: RequestOf<'DescribeClientQuotas'>): ResponseInputOf<'DescribeClientQuotas'> {
  try {
    check(components)
    const errorCode = errorCodes.NONE
    return { throttleTimeMs: 0, errorCode, errorMessage: null, entries: [] }
  } catch (error) {
    return { throttleTimeMs: 0, ...errorOf(error), entries: null }
  }
}

/** Source: ClientQuotasImage.describe. */
function check(components: readonly Component[]): void {
  const seen = new Set<string>()
  for (const component of components) {
    const { entityType } = component
    if (entityType === '') throw new KafkaError('INVALID_REQUEST', 'Invalid empty entity type.')
    if (seen.has(entityType)) {
      const message = `Entity type ${entityType} cannot appear more than once in the filter.`
      throw new KafkaError('INVALID_REQUEST', message)
    }
    if (!entityTypes.has(entityType)) {
      throw new KafkaError('UNSUPPORTED_VERSION', `Unsupported entity type ${entityType}`)
    }
    seen.add(entityType)
    checkMatch(component)
  }
  if (seen.has('ip') && seen.size > 1) {
    const message = 'an IP address is not looked for together with a user or a client id'
    throw new KafkaError('INVALID_REQUEST', message)
  }
}

function checkMatch({ matchType, match }: Component): void {
  const type = matchTypes[matchType]
  if (type === undefined) throw new KafkaError('INVALID_REQUEST', `Unknown match type ${matchType}`)
  if ((type === 'EXACT') === (match !== null)) return
  const what = match === null ? 'gives nothing to match' : 'gives something to match'
  throw new KafkaError('INVALID_REQUEST', `a filter of match type ${type} ${what}`)
}

const entityTypes: ReadonlySet<string> = new Set(['user', 'client-id', 'ip'])
/** By their numbers. */
const matchTypes = ['EXACT', 'DEFAULT', 'SPECIFIED']
