import type { MetadataImage } from '../../../broker/metadata/image.ts'
import type { RequestOf, ResponseInputOf } from '../../../broker/protocol/apis.ts'
import type { Entries } from '../../../broker/protocol/config/topic-values.ts'
import { KafkaError } from '../../../broker/protocol/errors.ts'
import { duplicates } from '../../../lib/duplicates.ts'
import { alterEach, givenTwice, listOf } from './config-resources.ts'
import type { Decision } from './decision.ts'
import type { AskedBy } from './topic-names.ts'

type Resource = RequestOf<'IncrementalAlterConfigs'>['resources'][number]
type Operation = Resource['configs'][number]

/** Sets, takes back, or adds to and takes from lists; what is not named stays (KIP-339). */
export function incrementalAlterConfigs(
  image: MetadataImage,
  request: Pick<RequestOf<'IncrementalAlterConfigs'>, 'resources' | 'validateOnly'>,
  by: AskedBy,
  brokerConfig: Entries = new Map(),
): Decision<ResponseInputOf<'IncrementalAlterConfigs'>> {
  const about = { alterations: request.resources, by, brokerConfig }
  const { records, responses } = alterEach(image, about, apply)
  return {
    records: request.validateOnly ? [] : records,
    response: { throttleTimeMs: 0, responses },
  }
}

function apply(resource: Resource, present: Entries): Map<string, string> {
  const [twice] = duplicates(resource.configs.map(({ name }) => name))
  if (twice !== undefined) throw givenTwice(twice)
  const after = new Map(present)
  for (const operation of resource.configs) {
    const { name, configOperation, value } = operation
    if (configOperation === operations.DELETE) {
      after.delete(name)
      continue
    }
    if (value === null) {
      throw new KafkaError('INVALID_REQUEST', `Null value not supported for : ${name}`)
    }
    if (configOperation === operations.SET) after.set(name, value)
    else after.set(name, changedList(resource, { ...operation, value }, after.get(name)))
  }
  return after
}

/** A list with words more or less; of one that is not set, the default is changed. */
function changedList(
  resource: Resource,
  { name, configOperation, value }: Operation & { value: string },
  present: string | undefined,
): string {
  const isAppend = configOperation === operations.APPEND
  if (!isAppend && configOperation !== operations.SUBTRACT) {
    throw new KafkaError('INVALID_REQUEST', `there is no operation ${configOperation} on settings`)
  }
  const setting = listOf(resource, name)
  if (setting === undefined) {
    const what = isAppend ? 'APPEND to' : 'SUBTRACT from'
    throw new KafkaError(
      'INVALID_CONFIG',
      `Can't ${what} key ${name} because its type is not LIST.`,
    )
  }
  const words = wordsOf(present ?? setting.default ?? '')
  const given = wordsOf(value)
  const changed = isAppend
    ? [...words, ...given.filter((word) => !words.includes(word))]
    : words.filter((word) => !given.includes(word))
  return changed.join(',')
}

function wordsOf(text: string): string[] {
  const words = text.split(',').map((word) => word.trim())
  return words.filter((word) => word !== '')
}

/** Source: AlterConfigOp.OpType. */
const operations = { SET: 0, DELETE: 1, APPEND: 2, SUBTRACT: 3 } as const
