import { invariant } from '../../lib/invariant.ts'
import type { MetadataImage } from './image.ts'
import {
  kindOf,
  type MetadataRecord,
  metadataRecord,
  type RecordType,
  recordTypes,
} from './records.ts'

/** The feature that says how the metadata log is written, by Kafka's numbers (`MetadataVersion`). */
export const metadataVersion = 'metadata.version'

/**
 * The level of a log that says none: all of them begin so. It has what the first kavka wrote (ELR,
 * Kafka's 4.0-IV1), and never changes.
 */
export const levelAtBirth = 23

/**
 * For each version of a record the level that it needs, from version 0 on; also of versions that are
 * not read here, whose fields the tables have. Who adds a version, or a record, after a release gives
 * it a level above that release's `maxMetadataVersion`, whatever Kafka's is, since whoever said that it
 * reads that level does not read this; and below it writes the old one.
 *
 * Source: MetadataVersion.java, 4.3. Records of our own were there from the beginning.
 */
export const recordLevels: Readonly<Record<RecordType, readonly number[]>> = {
  FeatureLevelRecord: [7],
  RegisterBrokerRecord: [7, 7, 8, 17, 30],
  UnregisterBrokerRecord: [7],
  BrokerRegistrationChangeRecord: [7, 7, 17, 30],
  FenceBrokerRecord: [7],
  UnfenceBrokerRecord: [7],
  TopicRecord: [7],
  PartitionRecord: [7, 17, 23],
  PartitionChangeRecord: [7, 17, 23],
  RemoveTopicRecord: [7],
  ConfigRecord: [7],
  ProducerIdsRecord: [7],
  NoOpRecord: [7],
  ClusterRecord: [7],
  ControllerEpochRecord: [7],
  TopicOwnerRecord: [7],
  RemovedTopicRecord: [7],
  BrokerEpochRecord: [7],
}

export function metadataLevelOf({ features }: Pick<MetadataImage, 'features'>): number {
  return features.get(metadataVersion) ?? levelAtBirth
}

/**
 * The level without which nobody may write a record: that of the version it is written in, or of a
 * later one, where it says something that only that has a place for.
 */
export function levelNeededBy(record: MetadataRecord): number {
  const { written, later } = needs[record.type]
  const values: Readonly<Record<string, unknown>> = record
  return later.reduce((level, { name, unsaid, since }) => {
    return isSame(values[name], unsaid) ? level : Math.max(level, since)
  }, written)
}

/**
 * Whether records may be appended: who reads the log was asked for its level, and for no more (safety
 * rules, case 18). They follow each other, so that one which raises the level counts for those behind it.
 *
 * @throws {InvariantError} Where one needs a higher level, or takes the level down: records that need
 *   it may be in the log.
 */
export function checkLevels(
  image: Pick<MetadataImage, 'features'>,
  records: Iterable<MetadataRecord>,
): void {
  let level = metadataLevelOf(image)
  for (const record of records) {
    if (levelNeededBy(record) > level) refuse(record, level)
    if (record.type !== 'FeatureLevelRecord' || record.name !== metadataVersion) continue
    invariant(record.featureLevel >= level, `${metadataVersion} does not go down from ${level}`)
    level = record.featureLevel
  }
}

function refuse(record: MetadataRecord, level: number): never {
  const needed = `a ${record.type} like this needs ${metadataVersion} ${levelNeededBy(record)}`
  invariant(false, `${needed}, and the log is written at ${level}`)
}

type Needs = {
  /** Level of the version that is written. */
  readonly written: number
  /** Fields that it has no place for, what they are where nothing is said, and from which level on. */
  readonly later: readonly {
    readonly name: string
    readonly unsaid: unknown
    readonly since: number
  }[]
}

const needs = Object.fromEntries(
  recordTypes.map((type): [RecordType, Needs] => {
    const { table, version } = kindOf(type)
    const levelOf = (version: number) => recordLevels[type][version] ?? Number.POSITIVE_INFINITY
    const unsaid: Readonly<Record<string, unknown>> = metadataRecord(type, {} as never)
    const later = Object.entries(table.fields).flatMap(([name, { options }]) => {
      const { since = 0 } = options
      return since > version ? [{ name, unsaid: unsaid[name], since: levelOf(since) }] : []
    })
    return [type, { written: levelOf(version), later }]
  }),
) as Record<RecordType, Needs>

function isSame(value: unknown, unsaid: unknown): boolean {
  const isEmpty = Array.isArray(value) && value.length === 0
  return value === unsaid || (isEmpty && Array.isArray(unsaid))
}
