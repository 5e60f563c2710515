import { decode } from '../protocol/codec/codec.ts'
import { cursorBehindVersion, encodeVersioned, versionAt } from '../protocol/codec/versioned.ts'
import {
  GroupMetadataKey,
  GroupMetadataValue,
  OffsetCommitKey,
  OffsetCommitValue,
} from '../protocol/generated/group-records.ts'
import type { Message, MessageOf } from '../protocol/schema/message.ts'
import type { CoordinatorRecord } from './records.ts'

/** Key and value as they are in the log. A value of null is a tombstone. */
export type EncodedRecord = { readonly key: Uint8Array; readonly value: Uint8Array | null }

/**
 * Writes a record byte for byte as Kafka 4.3.1 does: a version of 2 bytes, then the message. That of
 * a key says what it is a key of.
 *
 * Source: GroupCoordinatorRecordHelpers, which writes offsets in version 4, those with a time of their
 * own to expire in version 1 (only that has it), and groups in version 3.
 */
export function encodeCoordinatorRecord(record: CoordinatorRecord): EncodedRecord {
  if (record.type === 'GroupMetadata') {
    const { group, value } = record
    return {
      key: encodeVersioned(GroupMetadataKey, keyVersions.group, { group }, 0),
      value: value === null ? null : encodeVersioned(GroupMetadataValue, groupVersion, value),
    }
  }
  const { group, topic, partition, value } = record
  const version = (value?.expireTimestamp ?? -1) === -1 ? offsetVersion : expiringOffsetVersion
  return {
    key: encodeVersioned(OffsetCommitKey, keyVersions.offset, { group, topic, partition }, 0),
    value: value === null ? null : encodeVersioned(OffsetCommitValue, version, value),
  }
}

/**
 * Reads a record of this kavka or of any Kafka since 0.9. What it holds is a view on neither.
 *
 * @returns The version of its key, where nothing is known of such keys: those of consumer, share and
 *   streams groups, or of a newer Kafka.
 * @throws {ProtocolError} The bytes are no such record, or of a version that is not known.
 */
export function decodeCoordinatorRecord({ key, value }: EncodedRecord): CoordinatorRecord | number {
  const at = cursorBehindVersion(key)
  const keyVersion = versionAt(at)
  switch (keyVersion) {
    case keyVersions.legacyOffset:
    case keyVersions.offset: {
      const { group, topic, partition } = decode(OffsetCommitKey, 0, at)
      const own = value === null ? null : decodeValue(OffsetCommitValue, value)
      return { type: 'OffsetCommit', group, topic, partition, value: own }
    }
    case keyVersions.group: {
      const { group } = decode(GroupMetadataKey, 0, at)
      // A copy, since members keep views on it.
      const own = value === null ? null : decodeValue(GroupMetadataValue, new Uint8Array(value))
      return { type: 'GroupMetadata', group, value: own }
    }
    default:
      return keyVersion
  }
}

const keyVersions = { legacyOffset: 0, offset: 1, group: 2 } as const
const groupVersion = 3
const offsetVersion = 4
const expiringOffsetVersion = 1

function decodeValue<M extends Message>(type: M, value: Uint8Array): MessageOf<M> {
  const at = cursorBehindVersion(value)
  return decode(type, versionAt(at), at)
}
