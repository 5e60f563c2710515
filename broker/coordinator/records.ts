import type {
  GroupMetadataValueInput,
  OffsetCommitValueInput,
} from '../protocol/generated/group-records.ts'

/** A record of `__consumer_offsets`, in Kafka's own schemas. A value of null deletes. */
export type CoordinatorRecord =
  | {
      readonly type: 'GroupMetadata'
      readonly group: string
      readonly value: GroupMetadataValueInput | null
    }
  | {
      readonly type: 'OffsetCommit'
      readonly group: string
      readonly topic: string
      readonly partition: number
      readonly value: OffsetCommitValueInput | null
    }
