import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeBatch, encodeBatch } from '../../../broker/metadata/batch.ts'
import { emptyImage } from '../../../broker/metadata/image.ts'
import { imageDigest } from '../../../broker/metadata/image-digest.ts'
import {
  checkLevels,
  levelAtBirth,
  levelNeededBy,
  metadataVersion,
  recordLevels,
} from '../../../broker/metadata/levels.ts'
import { applyBatch, emptyState } from '../../../broker/metadata/position.ts'
import { maxMetadataVersion } from '../../../broker/metadata/reads-up-to.ts'
import { encodeRecord } from '../../../broker/metadata/record-codec.ts'
import {
  kindOf,
  type MetadataRecord,
  metadataRecord,
  recordTypes,
} from '../../../broker/metadata/records.ts'
import { encode } from '../../../broker/protocol/codec/codec.ts'
import { ClearElrRecord } from '../../../broker/protocol/generated/metadata-records.ts'
import { buildBatch } from '../../../broker/protocol/records/build.ts'
import { MetadataHistory } from '../../support/metadata-history.ts'
import { brokerOf, metadataError, topicOf, uuid } from './support.ts'

const cordoned: MetadataRecord = {
  ...(brokerOf(1, 1) as MetadataRecord<'RegisterBrokerRecord'>),
  cordonedLogDirs: [uuid(5)],
}
const change = metadataRecord('PartitionChangeRecord', { topicId: uuid(1), partitionId: 0 })

describe('the levels of records', () => {
  test.each(recordTypes)('a %s has one for each of its versions, and they rise', (type) => {
    const levels = recordLevels[type]
    expect(levels).toHaveLength(kindOf(type).table.versions[1] + 1)
    expect(levels).toEqual(levels.toSorted((a, b) => a - b))
  })

  test.each(recordTypes)('a %s may be written from the first batch of a log on', (type) => {
    const plain = metadataRecord(type, {} as never) as MetadataRecord
    expect(levelNeededBy(plain)).toBeLessThanOrEqual(levelAtBirth)
  })

  test.each(recordTypes)('a %s is read in every version that its highest level allows', (type) => {
    const allowed = recordLevels[type].filter((level) => level <= maxMetadataVersion)
    expect(allowed).toHaveLength(kindOf(type).version + 1)
  })
})

describe('what may be appended', () => {
  test('a record needs the level of the version it is written in, whatever it says', () => {
    expect(() => checkLevels(at(22), [change])).toThrow(
      'a PartitionChangeRecord like this needs metadata.version 23, and the log is written at 22',
    )
    expect(() => checkLevels(at(22), [brokerOf(1, 1)])).not.toThrow()
    expect(() => checkLevels(at(16), [brokerOf(1, 1)])).toThrow(/17/)
  })

  test('a record that says what only a later version has a place for needs the level of that', () => {
    expect(() => checkLevels(at(29), [cordoned])).toThrow(
      'a RegisterBrokerRecord like this needs metadata.version 30, and the log is written at 29',
    )
    const none = { ...cordoned, cordonedLogDirs: null } as MetadataRecord
    expect(() => checkLevels(at(29), [none])).not.toThrow()
  })

  test('a log that says no level is written at the one it began with', () => {
    expect(() => checkLevels(emptyImage, [...topicOf('t', uuid(1)), change])).not.toThrow()
    expect(() => checkLevels(emptyImage, [levelRecord(levelAtBirth - 1)])).toThrow(invariantError)
  })

  test('the level counts for what is behind it, and does not go down', () => {
    expect(() => checkLevels(at(22), [levelRecord(23), change])).not.toThrow()
    expect(() => checkLevels(at(22), [change, levelRecord(23)])).toThrow(invariantError)
    expect(() => checkLevels(at(23), [levelRecord(22)])).toThrow(
      'metadata.version does not go down from 23',
    )
    expect(() => checkLevels(at(23), [levelRecord(0)])).toThrow(invariantError) // takes it back
    const other = metadataRecord('FeatureLevelRecord', { name: 'group.version', featureLevel: 0 })
    expect(() => checkLevels(at(23), [other])).not.toThrow()
  })
})

test('who reads what a newer kavka writes has its image, or stops: never another one', () => {
  const newer = fc.constantFrom<[problem: string, record: Uint8Array]>(
    ['UnknownFeature', encodeRecord(levelRecord(maxMetadataVersion + 1))],
    ['UnknownRecord', inNextVersion(change)],
    ['UnknownRecord', inNextVersion(cordoned)],
    ['UnknownRecord', Buffer.from([1, ClearElrRecord.apiKey as number, 0, 1, 0])],
  )
  fc.assert(
    fc.property(fc.nat(1_000), fc.nat(20), newer, (seed, count, [problem, record]) => {
      const history = new MetadataHistory(seed)
      let state = emptyState
      for (let left = count; left > 0; left--) {
        const { offset: baseOffset } = state
        const records = history.next()
        const { epoch: controllerEpoch } = history.image.controller
        const { bytes } = encodeBatch(records, { baseOffset, controllerEpoch, timestampMs: 0 })
        state = applyBatch(state, decodeBatch(bytes))
      }
      expect(imageDigest(state.image)).toBe(imageDigest(history.image))
      const next = buildBatch({
        records: [{ timestamp: 0, key: null, value: record }],
        baseOffset: state.offset,
        partitionLeaderEpoch: state.image.controller.epoch,
      })
      expect(() => applyBatch(state, decodeBatch(next))).toThrow(metadataError(problem))
    }),
    { numRuns: 100 },
  )
})

const invariantError = expect.objectContaining({ name: 'InvariantError' })

function at(level: number) {
  return { features: new Map([[metadataVersion, level]]) }
}

function levelRecord(featureLevel: number): MetadataRecord {
  return metadataRecord('FeatureLevelRecord', { name: metadataVersion, featureLevel })
}

/** As a kavka writes it that knows one version more. */
function inNextVersion(record: MetadataRecord): Uint8Array {
  const { table, version } = kindOf(record.type)
  const head = [1, table.apiKey as number, version + 1]
  if (version === table.versions[1])
    return Buffer.from([...head, ...encodeRecord(record).subarray(3)])
  return Buffer.concat([Buffer.from(head), ...(encode(table, version + 1, record) as Uint8Array[])])
}
