import {
  type ConfigResource,
  configOf,
  type MetadataImage,
} from '../../../broker/metadata/image.ts'
import { type MetadataRecord, metadataRecord } from '../../../broker/metadata/records.ts'
import type { Setting } from '../../../broker/protocol/config/setting.ts'
import type { Entries } from '../../../broker/protocol/config/topic-values.ts'
import { errorOf } from '../../../broker/protocol/error-of.ts'
import { KafkaError } from '../../../broker/protocol/errors.ts'
import { duplicates } from '../../../lib/duplicates.ts'
import { type ConfigKind, kindOf } from './config-kinds.ts'
import { refuse } from './config-values.ts'
import { fine, type Outcome } from './outcome.ts'
import type { AskedBy } from './topic-names.ts'

/** A resource whose settings are to be altered. */
export type Alteration = { readonly resourceType: number; readonly resourceName: string }

/**
 * Alters the settings of resources. One that is refused fails alone, and whole.
 *
 * @param next What a resource has afterwards.
 */
export function alterEach<A extends Alteration>(
  image: MetadataImage,
  {
    alterations,
    by,
    brokerConfig,
  }: { alterations: readonly A[]; by: AskedBy; brokerConfig: Entries },
  next: (alteration: A, present: Entries) => Entries,
) {
  const records: MetadataRecord[] = []
  const twice = duplicates(alterations.map(keyOf))
  const responses = alterations.map((alteration) => {
    const { resourceType, resourceName } = alteration
    try {
      if (twice.has(keyOf(alteration))) {
        throw new KafkaError('INVALID_REQUEST', 'Each resource must appear at most once.')
      }
      const resource = { type: resourceType, name: resourceName }
      const kind = kindOf(resourceType)
      kind.checkName(resourceName, image, by)
      const present = configOf(image, resource)
      const after = next(alteration, present)
      checkChanged(kind, { present, after }, brokerConfig)
      records.push(...changes(resource, present, after))
      return { ...fine, resourceType, resourceName }
    } catch (error) {
      const outcome: Outcome = errorOf(error)
      return { ...outcome, resourceType, resourceName }
    }
  })
  return { records, responses }
}

/** A setting to which words can be added; undefined if it is none, or none of that name is known. */
export function listOf({ resourceType }: Alteration, name: string): Setting | undefined {
  const { lists } = kindOf(resourceType)
  const setting = Object.hasOwn(lists, name) ? lists[name] : undefined
  return setting?.type === 'list' ? setting : undefined
}

export function givenTwice(name: string): KafkaError {
  return new KafkaError('INVALID_REQUEST', `Error due to duplicate config keys: ${name}`)
}

function keyOf({ resourceType, resourceName }: Alteration): string {
  return `${resourceType}:${resourceName}`
}

/**
 * What was taken once does not keep others from being changed: only what is new is checked, and
 * what goes together with it.
 */
function checkChanged(
  kind: ConfigKind,
  { present, after }: { present: Entries; after: Entries },
  brokerConfig: Entries,
): void {
  const isOld = (name: string) => present.get(name) === after.get(name)
  const known = new Set(kind.check(present, brokerConfig).map(({ name }) => name))
  const problems = kind.check(after, brokerConfig)
  refuse(
    problems.filter(({ name }) => !isOld(name) || !known.has(name)),
    (problem) => kind.codeOf(problem),
  )
  const fixed = [...after.keys()].filter((name) => !isOld(name) && kind.isFixed(name))
  if (fixed.length === 0) return
  const message = `Cannot update these configs dynamically: [${fixed.join(', ')}]`
  throw new KafkaError('INVALID_REQUEST', message)
}

function changes({ type, name }: ConfigResource, present: Entries, after: Entries) {
  const record = (key: string, value: string | null) => {
    return metadataRecord('ConfigRecord', {
      resourceType: type,
      resourceName: name,
      name: key,
      value,
    })
  }
  const set = [...after].filter(([key, value]) => present.get(key) !== value)
  const gone = [...present.keys()].filter((key) => !after.has(key))
  return [...set.map(([key, value]) => record(key, value)), ...gone.map((key) => record(key, null))]
}
