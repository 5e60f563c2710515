import { decode, encode } from '../protocol/codec/codec.ts'
import { Cursor } from '../protocol/codec/cursor.ts'
import {
  GroupMetadataKey,
  GroupMetadataValue,
  OffsetCommitKey,
  OffsetCommitValue,
} from '../protocol/generated/group-records.ts'
import { ProtocolError } from '../protocol/protocol-error.ts'
import type { InputOf, Message, MessageOf } from '../protocol/schema/message.ts'
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
      key: versioned(keyVersions.group, GroupMetadataKey, { group }, 0),
      value: value === null ? null : versioned(groupVersion, GroupMetadataValue, value),
    }
  }
  const { group, topic, partition, value } = record
  const version = (value?.expireTimestamp ?? -1) === -1 ? offsetVersion : expiringOffsetVersion
  return {
    key: versioned(keyVersions.offset, OffsetCommitKey, { group, topic, partition }, 0),
    value: value === null ? null : versioned(version, OffsetCommitValue, value),
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
const versionSizeBytes = 2
/** As they are written before keys and values. */
const heads = [0, 1, 2, 3, 4].map((version) => Uint8Array.of(0, version))

function versioned<M extends Message>(
  version: number,
  type: M,
  message: InputOf<M>,
  messageVersion = version,
): Uint8Array {
  const parts = encode(type, messageVersion, message) as Uint8Array[]
  return Buffer.concat([heads[version] as Uint8Array, ...parts])
}

function decodeValue<M extends Message>(type: M, value: Uint8Array): MessageOf<M> {
  const at = cursorBehindVersion(value)
  return decode(type, versionAt(at), at)
}

function cursorBehindVersion(bytes: Uint8Array): Cursor {
  if (bytes.byteLength < versionSizeBytes) {
    throw new ProtocolError('Truncated', 'no room for a version')
  }
  const cursor = new Cursor(bytes)
  cursor.position = versionSizeBytes
  return cursor
}

function versionAt({ view }: Cursor): number {
  return view.getInt16(0)
}
