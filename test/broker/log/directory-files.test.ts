import { describe, expect, test } from 'vitest'
import { decodeCleanShutdown, encodeCleanShutdown } from '../../../broker/log/clean-shutdown.ts'
import { decodeGround, encodeGround } from '../../../broker/log/ground.ts'
import { decodeMetaProperties, encodeMetaProperties } from '../../../broker/log/meta-properties.ts'
import {
  decodePartitionMetadata,
  encodePartitionMetadata,
} from '../../../broker/log/partition-metadata.ts'
import { fromBase64, kafkaFiles, toBase64 } from './kafka-files.ts'
import { corruptionOf } from './small-file-support.ts'

describe('partition.metadata', () => {
  const topicId = 'ASNFZ4mrze_-3LqYdlQyEA'
  const decode = (text: string) => decodePartitionMetadata(Buffer.from(text))

  test.each(kafkaFiles.partitionMetadata)("is read and written as Kafka's: $topicId", (java) => {
    expect(decodePartitionMetadata(fromBase64(java.base64))).toEqual({ topicId: java.topicId })
    expect(toBase64(encodePartitionMetadata(java))).toBe(java.base64)
  })

  test('of a later version is read, since it keeps its two lines', () => {
    expect(decode(`version: 7\ntopic_id: ${topicId}\nmore: 1\n`)).toEqual({ topicId })
  })

  test.each([
    ['', 1, 'is empty'],
    [`topic_id: ${topicId}`, 1, 'has no version'],
    ['version: -1\n', 1, 'has a negative version'],
    ['version: 0\n', 2, 'has no id'],
    ['version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAAA', 2, 'has an id of zeros'],
    [`version: 0\ntopic_id: ${topicId.slice(1)}`, 2, 'has half an id'],
    [`version: 0\ntopic_id:${topicId}`, 2, 'has no space'],
  ])('%j is corrupt at line %i: it %s', (text, line) => {
    expect(corruptionOf(() => decode(text))).toMatchObject({ file: 'partition.metadata', line })
  })
})

describe('meta.properties', () => {
  const decode = (text: string) => decodeMetaProperties(Buffer.from(text))
  const own = { version: 1, clusterId: 'c', nodeId: 5 } as const

  test.each(kafkaFiles.metaProperties)("of version $version is read as Kafka's", (java) => {
    const { base64, ...properties } = java
    expect(decodeMetaProperties(fromBase64(base64))).toEqual(properties)
  })

  test.each(kafkaFiles.metaProperties)(
    "of version $version is written as Kafka's, but for the date",
    ({ base64, ...properties }) => {
      const text = Buffer.from(base64, 'base64').toString()
      const undated = text.replace(/^#\n#.*\n/, '#\n')
      expect(Buffer.from(encodeMetaProperties(properties)).toString()).toBe(undated)
    },
  )

  test('keys that are not known are left out', () => {
    expect(decode('version=1\ncluster.id=c\nnode.id=5\nother=x\n')).toEqual(own)
  })

  test('may be written by hand: spaces, other separators, lines that go on, escapes', () => {
    const text = '! by hand\n\n  version 1\r\ncluster.id : \\\n   c\nnode\\u002eid = 5'
    expect(decode(text)).toEqual(own)
  })

  test('of version 0 may have neither cluster nor node', () => {
    expect(decode('')).toEqual({ version: 0 })
    expect(decode('broker.id=3')).toEqual({ version: 0, nodeId: 3 })
  })

  test.each([
    'version=2\ncluster.id=c\nnode.id=5',
    'version=1\nnode.id=5',
    'version=1\ncluster.id=c',
    'version=1\ncluster.id=c\nbroker.id=5',
    'version=1\ncluster.id=c\nnode.id=-5',
    'version=1\ncluster.id=c\nnode.id=2147483648',
    'version=1\ncluster.id=c\nnode.id=5\ndirectory.id=x',
    'version=1\ncluster.id=\\u00x0\nnode.id=5',
  ])('%j is corrupt', (text) => {
    expect(corruptionOf(() => decode(text))?.file).toBe('meta.properties')
  })
})

describe('.kafka_cleanshutdown', () => {
  const decode = (text: string) => decodeCleanShutdown(Buffer.from(text))

  test.each(kafkaFiles.cleanShutdown)(
    "is read and written as Kafka's: $brokerEpoch",
    ({ brokerEpoch, base64 }) => {
      expect(decodeCleanShutdown(fromBase64(base64))).toEqual({ brokerEpoch })
      expect(toBase64(encodeCleanShutdown({ brokerEpoch }))).toBe(base64)
    },
  )

  test('was empty before Kafka 3.7, and no epoch is known', () => {
    expect(decode('')).toEqual({})
  })

  test('fields that are not known are left out', () => {
    expect(decode('{"brokerEpoch":4,"more":{},"version":0}')).toEqual({ brokerEpoch: 4 })
  })

  test.each(['{', 'null', '7', '{}', '{"version":1,"brokerEpoch":4}', '{"version":0}'])(
    '%j is corrupt',
    (text) => {
      expect(corruptionOf(() => decode(text))?.file).toBe('.kafka_cleanshutdown')
    },
  )
})

describe('.kavka_ground', () => {
  const decode = (text: string) => decodeGround(Buffer.from(text))

  test('is read as it was written', () => {
    const ground = { bootId: '0b4f0a9c-3e55-4d0e-a3ae-6d1f3f1f2b11', device: '2049' }
    expect(decodeGround(encodeGround(ground))).toEqual(ground)
  })

  test('fields that are not known are left out', () => {
    expect(decode('{"version":0,"more":1,"bootId":"b","device":"d"}')).toEqual({
      bootId: 'b',
      device: 'd',
    })
  })

  test.each([
    '',
    '{',
    'null',
    '7',
    '{}',
    '{"version":1,"bootId":"b","device":"d"}',
    '{"version":0,"bootId":"b"}',
    '{"version":0,"bootId":"","device":"d"}',
    '{"version":0,"bootId":"b","device":2049}',
  ])('%j is corrupt', (text) => {
    expect(corruptionOf(() => decode(text))?.file).toBe('.kavka_ground')
  })
})
