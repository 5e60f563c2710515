import {
  type ConfigResource,
  configOf,
  type MetadataImage,
  topicConfigType,
} from '../../../broker/metadata/image.ts'
import { type MetadataRecord, metadataRecord } from '../../../broker/metadata/records.ts'
import { brokerConfig } from '../../../broker/protocol/config/broker-config.ts'
import {
  checkBrokerSettings,
  checkTopicSettings,
} from '../../../broker/protocol/config/check-settings.ts'
import type { Setting } from '../../../broker/protocol/config/setting.ts'
import { topicConfig } from '../../../broker/protocol/config/topic-config.ts'
import { isDynamicBrokerSetting } from '../../../broker/protocol/config/topic-synonyms.ts'
import type { Entries } from '../../../broker/protocol/config/topic-values.ts'
import { KafkaError } from '../../../broker/protocol/errors.ts'
import { brokerConfigType, refuse } from './config-values.ts'
import { duplicates, fine, type Outcome, outcomeOf } from './settled.ts'
import { type AskedBy, checkOwner, topicCalled } from './topic-names.ts'

/** A resource whose settings are to be altered. */
export type Alteration = { readonly resourceType: number; readonly resourceName: string }

/**
 * Alters the settings of resources. One that is refused fails alone, and whole.
 *
 * @param next What a resource has afterwards.
 */
export function alterEach<A extends Alteration>(
  image: MetadataImage,
  { alterations, by }: { alterations: readonly A[]; by: AskedBy },
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
      checkResource(image, resource, by)
      const present = configOf(image, resource)
      const after = next(alteration, present)
      checkChanged(resource, present, after)
      records.push(...changes(resource, present, after))
      return { ...fine, resourceType, resourceName }
    } catch (error) {
      const outcome: Outcome = outcomeOf(error)
      return { ...outcome, resourceType, resourceName }
    }
  })
  return { records, responses }
}

/** What is known of a setting; undefined where there is none of that name. */
export function settingOf({ resourceType }: Alteration, name: string): Setting | undefined {
  const settings: Record<string, Setting> =
    resourceType === topicConfigType ? topicConfig : brokerConfig
  return Object.hasOwn(settings, name) ? settings[name] : undefined
}

function keyOf({ resourceType, resourceName }: Alteration): string {
  return `${resourceType}:${resourceName}`
}

/** @throws {KafkaError} If there is no such resource. Source: ConfigurationControlManager. */
function checkResource(image: MetadataImage, { type, name }: ConfigResource, by: AskedBy): void {
  if (type === topicConfigType) {
    checkOwner(topicCalled(image, name), by)
    return
  }
  if (type !== brokerConfigType) {
    throw new KafkaError('INVALID_REQUEST', `resources of type ${type} have no settings here yet`)
  }
  if (name === '') return
  if (!/^\d{1,10}$/.test(name)) {
    throw new KafkaError('INVALID_REQUEST', `a broker is named by its id, found "${name}"`)
  }
  if (!image.brokers.has(Number(name))) {
    throw new KafkaError('BROKER_ID_NOT_REGISTERED', `No broker with id ${name} found.`)
  }
}

/**
 * What was taken once does not keep others from being changed: only what is new is checked, and
 * what goes together with it.
 */
function checkChanged({ type }: ConfigResource, present: Entries, after: Entries): void {
  const check = type === topicConfigType ? checkTopicSettings : checkBrokerSettings
  const isOld = (name: string) => present.get(name) === after.get(name)
  const known = new Set(check(present).map(({ name }) => name))
  refuse(check(after).filter(({ name }) => !isOld(name) || !known.has(name)))
  if (type === topicConfigType) return
  const fixed = [...after.keys()].filter((name) => !isOld(name) && !isDynamicBrokerSetting(name))
  if (fixed.length === 0) return
  const message = `Cannot update these configs dynamically: Set(${fixed.join(', ')})`
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
