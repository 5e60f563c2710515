import type { MetadataImage } from '../../../broker/metadata/image.ts'
import type { RequestOf, ResponseInputOf } from '../../../broker/protocol/apis.ts'
import type { Entries } from '../../../broker/protocol/config/topic-values.ts'
import { KafkaError } from '../../../broker/protocol/errors.ts'
import { alterEach, givenTwice } from './config-resources.ts'
import type { Decision } from './decision.ts'
import type { AskedBy } from './topic-names.ts'

/** Gives resources exactly these settings: what is not named goes back to its default. */
export function alterConfigs(
  image: MetadataImage,
  request: Pick<RequestOf<'AlterConfigs'>, 'resources' | 'validateOnly'>,
  by: AskedBy,
  brokerConfig: Entries = new Map(),
): Decision<ResponseInputOf<'AlterConfigs'>> {
  const { records, responses } = alterEach(
    image,
    { alterations: request.resources, by, brokerConfig },
    ({ configs }) => {
      const after = new Map<string, string>()
      for (const { name, value } of configs) {
        if (after.has(name)) throw givenTwice(name)
        if (value === null) {
          throw new KafkaError('INVALID_REQUEST', `Null value not supported for : ${name}`)
        }
        after.set(name, value)
      }
      return after
    },
  )
  return {
    records: request.validateOnly ? [] : records,
    response: { throttleTimeMs: 0, responses },
  }
}
