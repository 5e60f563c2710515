import { zeroUuid } from '../protocol/codec/uuid.ts'
import * as kafka from '../protocol/generated/metadata-records.ts'
import type { AnyField } from '../protocol/schema/fields.ts'
import type { InputOf, Message, MessageOf } from '../protocol/schema/message.ts'
import * as own from './own-records.ts'

/**
 * The records of the metadata log: Kafka's own, and a few of ours (`own-records.ts`).
 *
 * `version` is the one that is written, and the newest that is read: a later one has fields that
 * the image has no place for. A record that gets a new version is written in it only once
 * `metadata.version` says that everybody reads it.
 */
const kinds = {
  FeatureLevelRecord: { table: kafka.FeatureLevelRecord, version: 0 },
  RegisterBrokerRecord: { table: kafka.RegisterBrokerRecord, version: 3 }, // 4: cordoned directories
  UnregisterBrokerRecord: { table: kafka.UnregisterBrokerRecord, version: 0 },
  BrokerRegistrationChangeRecord: { table: kafka.BrokerRegistrationChangeRecord, version: 2 },
  FenceBrokerRecord: { table: kafka.FenceBrokerRecord, version: 0 }, // read only, as in Kafka
  UnfenceBrokerRecord: { table: kafka.UnfenceBrokerRecord, version: 0 }, // the same
  TopicRecord: { table: kafka.TopicRecord, version: 0 },
  PartitionRecord: { table: kafka.PartitionRecord, version: 2 },
  PartitionChangeRecord: { table: kafka.PartitionChangeRecord, version: 2 },
  RemoveTopicRecord: { table: kafka.RemoveTopicRecord, version: 0 },
  ConfigRecord: { table: kafka.ConfigRecord, version: 0 },
  ProducerIdsRecord: { table: kafka.ProducerIdsRecord, version: 0 },
  NoOpRecord: { table: kafka.NoOpRecord, version: 0 },
  ClusterRecord: { table: own.ClusterRecord, version: 0 },
  ControllerEpochRecord: { table: own.ControllerEpochRecord, version: 0 },
  TopicOwnerRecord: { table: own.TopicOwnerRecord, version: 0 },
  RemovedTopicRecord: { table: own.RemovedTopicRecord, version: 0 },
  BrokerEpochRecord: { table: own.BrokerEpochRecord, version: 0 },
} as const

export type RecordType = keyof typeof kinds
type Table<T extends RecordType> = (typeof kinds)[T]['table']

/** One record with all its fields, in Kafka's names. */
export type MetadataRecord<T extends RecordType = RecordType> = {
  [K in T]: { readonly type: K } & Readonly<MessageOf<Table<K>>>
}[T]

/** How a record is written and read. */
export type RecordKind = {
  readonly type: RecordType
  readonly table: Message
  readonly version: number
}

/** A record of which everything with a default may be left out. */
export function metadataRecord<T extends RecordType>(
  type: T,
  fields: InputOf<Table<T>>,
): MetadataRecord<T> {
  return { type, ...defaults[type], ...fields } as unknown as MetadataRecord<T>
}

export function kindOf(type: RecordType): RecordKind {
  return { type, ...kinds[type] }
}

/** @returns undefined for a type that is not known here. */
export function kindWithKey(apiKey: number): RecordKind | undefined {
  return byKey.get(apiKey)
}

export const recordTypes = Object.keys(kinds) as RecordType[]

const byKey = new Map(recordTypes.map((type) => [kinds[type].table.apiKey as number, kindOf(type)]))

const defaults = Object.fromEntries(
  recordTypes.map((type) => {
    const fields = Object.entries(kinds[type].table.fields as Record<string, AnyField>)
    return [type, Object.fromEntries(fields.map(([name, field]) => [name, defaultOf(field)]))]
  }),
)

/** What a reader sees of a field that is not there. Whoever writes has filled in the others. */
function defaultOf({ kind, options }: AnyField): unknown {
  if (options.default !== undefined) return options.default
  switch (kind) {
    case 'array':
      return Object.freeze([])
    case 'string':
      return ''
    case 'bool':
      return false
    case 'uuid':
      return zeroUuid
    default:
      return 0
  }
}
