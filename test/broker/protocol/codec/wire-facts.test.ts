import { describe, expect, test } from 'vitest'
import { decode, encode } from '../../../../broker/protocol/codec/codec.ts'
import { Cursor } from '../../../../broker/protocol/codec/cursor.ts'
import {
  ApiVersionsResponse,
  ConsumerGroupMetadataValue,
  DescribeTopicPartitionsRequest,
  FetchRequest,
  FetchResponse,
  FetchSnapshotRequest,
  HeartbeatRequest,
  MetadataRequest,
  MetadataResponse,
  OffsetFetchRequest,
  ProduceRequest,
  ProducerSnapshot,
  StreamsGroupMemberMetadataValue,
} from '../../../../broker/protocol/generated/messages.ts'
import { array, int32, int64, string } from '../../../../broker/protocol/schema/fields.ts'
import { message } from '../../../../broker/protocol/schema/message.ts'
import { toBytes } from '../../../support/parts.ts'

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')
const written = (...args: Parameters<typeof encode>) => toBytes(encode(...args)).toString('hex')
const noUuid = 'A'.repeat(22)

describe('texts, bytes and arrays', () => {
  const heartbeat = { groupId: 'g', generationId: 1, memberId: 'm' }

  test('have lengths of 2 or 4 bytes before a version is flexible', () => {
    expect(written(HeartbeatRequest, 0, heartbeat)).toBe('000167' + '00000001' + '00016d')
  })

  test('have a varint of their length and one more once a version is flexible', () => {
    const groupInstanceId = null
    expect(written(HeartbeatRequest, 4, { ...heartbeat, groupInstanceId })).toBe(
      '0267' + '00000001' + '026d' + '00' + '00',
    )
  })

  test('take two bytes for a length of 127 and more', () => {
    const bytes = toBytes(encode(HeartbeatRequest, 4, { ...heartbeat, groupId: 'x'.repeat(127) }))
    expect(bytes.subarray(0, 3)).toEqual(hex('8001 78'))
    expect(decode(HeartbeatRequest, 4, bytes).groupId).toHaveLength(127)
  })

  test.each(['é', '万', '😀', 'a\u0000b', 'é'.repeat(100), '😀'.repeat(30), 'x'.repeat(32_767)])(
    'carry any text: %.12s',
    (groupId) => {
      for (const version of [0, 4]) {
        const bytes = toBytes(encode(HeartbeatRequest, version, { ...heartbeat, groupId }))
        expect(decode(HeartbeatRequest, version, bytes).groupId).toBe(groupId)
      }
    },
  )

  test('of which a text longer than 32,767 bytes is refused in both directions', () => {
    const groupId = 'x'.repeat(32_768)
    expect(() => encode(HeartbeatRequest, 0, { ...heartbeat, groupId })).toThrow('32767')
    expect(() => encode(HeartbeatRequest, 4, { ...heartbeat, groupId })).toThrow('32767')
    const bytes = Buffer.concat([hex('818002'), Buffer.alloc(40_000)])
    expect(() => decode(HeartbeatRequest, 4, bytes)).toThrow('32767')
  })

  test('are null only where the version allows it', () => {
    expect(decode(MetadataRequest, 1, hex('ffffffff')).topics).toBeNull()
    expect(() => decode(MetadataRequest, 0, hex('ffffffff'))).toThrow('topics may not be null')
    expect(() => encode(MetadataRequest, 0, { topics: null })).toThrow('topics may not be null')
  })
})

describe('defaults', () => {
  test('stand in for what a version lacks', () => {
    const request = decode(MetadataRequest, 1, hex('00000000'))
    expect(request).toEqual({
      topics: [],
      allowAutoTopicCreation: true,
      includeClusterAuthorizedOperations: false,
      includeTopicAuthorizedOperations: false,
    })
  })

  test('are written for what is left out', () => {
    const explicit = { topics: [], allowAutoTopicCreation: true }
    expect(written(MetadataRequest, 4, { topics: [] })).toBe(written(MetadataRequest, 4, explicit))
  })

  test('of arrays and structs are fresh for every message', () => {
    const first = decode(FetchResponse, 4, hex('00000000 00000000'))
    first.nodeEndpoints.push({ nodeId: 1, host: 'h', port: 1, rack: null })
    expect(decode(FetchResponse, 4, hex('00000000 00000000')).nodeEndpoints).toEqual([])
  })
})

describe('a field that a version cannot carry', () => {
  test('is dropped if it is ignorable', () => {
    const withRack = { maxWaitMs: 1, minBytes: 1, topics: [], rackId: 'a' }
    const { rackId: _, ...without } = withRack
    expect(written(FetchRequest, 4, withRack)).toBe(written(FetchRequest, 4, without))
  })

  test('is refused if it is not', () => {
    const heartbeat = { groupId: 'g', generationId: 1, memberId: 'm', groupInstanceId: 'i' }
    expect(() => encode(HeartbeatRequest, 2, heartbeat)).toThrow(
      'groupInstanceId is set, but this version cannot carry it',
    )
  })

  test('is fine at its default, ignorable or not', () => {
    const heartbeat = { groupId: 'g', generationId: 1, memberId: 'm', groupInstanceId: null }
    expect(written(HeartbeatRequest, 2, heartbeat)).toBe('000167' + '00000001' + '00016d')
  })
})

describe('tagged fields', () => {
  // A Heartbeat with the tag section given.
  const heartbeat = (tags: string) => hex(`0267 00000001 026d 00 ${tags}`)

  test('that are not known are passed over, in any number', () => {
    expect(decode(HeartbeatRequest, 4, heartbeat('01 05 03 aabbcc')).memberId).toBe('m')
    const cursor = new Cursor(heartbeat('02 05 00 8801 01 ff'))
    decode(HeartbeatRequest, 4, cursor)
    expect(cursor.remaining).toBe(0)
  })

  test('are passed over in nested structs too', () => {
    const bytes = hex('02' + '00'.repeat(16) + '0261' + '01 07 01 ff' + '01 00 00')
    expect(decode(MetadataRequest, 12, bytes).topics).toEqual([{ topicId: noUuid, name: 'a' }])
  })

  test('at their default are not written', () => {
    const response = { throttleTimeMs: 0, responses: [] }
    expect(written(FetchResponse, 16, response)).toBe(
      '00000000' + '0000' + '00000000' + '01' + '00',
    )
    expect(written(FetchResponse, 16, { ...response, nodeEndpoints: [] })).toBe(
      written(FetchResponse, 16, response),
    )
  })

  test('are written by rising tag, with their size', () => {
    const bytes = written(ApiVersionsResponse, 3, {
      errorCode: 0,
      apiKeys: [],
      finalizedFeaturesEpoch: 7,
      supportedFeatures: [{ name: 'a', minVersion: 0, maxVersion: 1 }],
    })
    const features = '00' + '08' + '02' + '0261' + '0000' + '0001' + '00'
    const epoch = '01' + '08' + '0000000000000007'
    expect(bytes).toBe('0000' + '01' + '00000000' + '02' + features + epoch)
  })

  test('whose value does not fill their size are refused', () => {
    expect(() => decode(FetchRequest, 15, fetchWithTag('00 03 0261 00'))).toThrow(
      'clusterId does not fill the size of its tag',
    )
  })

  test('that claim more than there is are refused', () => {
    expect(() => decode(HeartbeatRequest, 4, heartbeat('01 05 30 aa'))).toThrow('48 bytes')
    expect(() => decode(HeartbeatRequest, 4, heartbeat('ffffffff0f'))).toThrow('0 are left')
    expect(() => decode(HeartbeatRequest, 4, heartbeat('ffffffffff01'))).toThrow('32 bits')
  })

  function fetchWithTag(tag: string) {
    const fields = '00000001 00000001 00000001 00 00000000 00000000 01 01 01'
    return hex(`${fields} 01 ${tag}`)
  }
})

describe('nullable structs', () => {
  test('have a byte of -1 or 1 in front when they are inline', () => {
    const request = { topics: [], responsePartitionLimit: 5 }
    expect(written(DescribeTopicPartitionsRequest, 0, { ...request, cursor: null })).toBe(
      '01' + '00000005' + 'ff' + '00',
    )
    const cursor = { topicName: 'a', partitionIndex: 3 }
    expect(written(DescribeTopicPartitionsRequest, 0, { ...request, cursor })).toBe(
      '01' + '00000005' + '01' + '0261' + '00000003' + '00' + '00',
    )
  })

  test('have a varint of 0 or 1 inside their size when they are tagged', () => {
    const value = { instanceId: null, rackId: null, clientId: '', clientHost: '' }
    const rest = { rebalanceTimeoutMs: 1, topologyEpoch: 0, processId: '', clientTags: [] }
    const member = { ...value, ...rest }
    const userEndpoint = { host: 'h', port: 1 }
    const bytes = written(StreamsGroupMemberMetadataValue, 0, { ...member, userEndpoint })
    const decoded = decode(StreamsGroupMemberMetadataValue, 0, hex(bytes))
    expect(decoded.userEndpoint).toEqual(userEndpoint)
  })
})

describe('numbers', () => {
  test('of 64 bits are exact up to 2^53 - 1 on both sides of 0', () => {
    const values = [0, 1, -1, 2 ** 31, -(2 ** 31), 2 ** 32, -(2 ** 32) - 1]
    for (const value of [...values, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]) {
      const bytes = toBytes(encode(Offsets, 0, { offset: value }))
      expect(bytes.readBigInt64BE()).toBe(BigInt(value))
      expect(decode(Offsets, 0, bytes).offset).toBe(value)
    }
  })

  test.each([2n ** 53n, -(2n ** 53n), 2n ** 63n - 1n, -(2n ** 63n)])(
    'of 64 bits beyond that are refused when read: %s',
    (value) => {
      const bytes = Buffer.alloc(8)
      bytes.writeBigInt64BE(value)
      expect(() => decode(Offsets, 0, bytes)).toThrow('offset is beyond +-(2^53 - 1)')
    },
  )

  test('of 64 bits that use them all are bigints: a hash, and a high watermark not known', () => {
    const bytes = toBytes(encode(ConsumerGroupMetadataValue, 0, { epoch: 1, metadataHash: -5n }))
    expect(decode(ConsumerGroupMetadataValue, 0, bytes).metadataHash).toBe(-5n)
    const partition = { partition: 0, fetchOffset: 0, partitionMaxBytes: 1 }
    const topics = [{ topicId: noUuid, partitions: [partition] }]
    const fetch = toBytes(encode(FetchRequest, 18, { maxWaitMs: 0, minBytes: 0, topics }))
    const read = decode(FetchRequest, 18, fetch).topics[0]?.partitions[0]
    expect(read?.highWatermark).toBe(2n ** 63n - 1n)
  })

  test('that do not fit their field are refused when written, not cut', () => {
    const heartbeat = { groupId: 'g', memberId: 'm' }
    for (const generationId of [2 ** 31, 1.5, Number.NaN, '1' as never, undefined as never]) {
      expect(() => encode(HeartbeatRequest, 0, { ...heartbeat, generationId })).toThrow(
        'generationId',
      )
    }
    for (const offset of [2 ** 53, 0.5, Number.POSITIVE_INFINITY]) {
      expect(() => encode(Offsets, 0, { offset })).toThrow('offset')
    }
  })

  test('are unsigned where Kafka says so', () => {
    const snapshot = { crc: 0xfffffffe, producerEntries: [] }
    const bytes = toBytes(encode(ProducerSnapshot, 1, snapshot))
    expect(decode(ProducerSnapshot, 1, bytes)).toEqual(snapshot)
  })

  const Offsets = message({
    name: 'Offsets',
    kind: 'data',
    versions: [0, 0],
    fields: { offset: int64() },
  })
})

describe('uuids', () => {
  const id = 'zS2EbDkXQ5mDoxVKsdoQ8A'

  test('are 16 bytes, and the text that Kafka prints', () => {
    const request = { topics: [{ topicId: id, name: null }] }
    const bytes = toBytes(encode(MetadataRequest, 12, request))
    expect(bytes.subarray(1, 17)).toEqual(Buffer.from(id, 'base64url'))
    expect(decode(MetadataRequest, 12, bytes).topics?.[0]?.topicId).toBe(id)
  })

  test.each(['', 'short', `${id}A`, '!'.repeat(22)])(
    'of another form are refused: %s',
    (topicId) => {
      expect(() => encode(MetadataRequest, 12, { topics: [{ topicId, name: null }] })).toThrow(
        'uuid',
      )
    },
  )
})

describe('records', () => {
  const received = Buffer.from('....batch....')
  const produce = (records: Uint8Array | Uint8Array[] | null) => ({
    transactionalId: null,
    acks: -1,
    timeoutMs: 1,
    topicData: [{ name: 't', partitionData: [{ index: 0, records }] }],
  })

  test('are a view on what was received', () => {
    const bytes = toBytes(encode(ProduceRequest, 9, produce(received)))
    const view = decode(ProduceRequest, 9, bytes).topicData[0]?.partitionData[0]?.records
    expect(Buffer.from(view as Uint8Array)).toEqual(received)
    expect(view?.buffer).toBe(bytes.buffer)
  })

  test('are written without being copied, as one part or several', () => {
    expect(encode(ProduceRequest, 9, produce(received))[1]).toBe(received)
    const parts = encode(ProduceRequest, 9, produce([received, received]))
    expect(parts.filter((part) => part === received)).toHaveLength(2)
    const read = decode(ProduceRequest, 9, toBytes(parts)).topicData[0]?.partitionData[0]
    expect(read?.records).toEqual(Uint8Array.from(Buffer.concat([received, received])))
  })

  test('may be a range of a file, of which only the length is known here', () => {
    const slice = { file: 'a.log', position: 5, byteLength: 1_000 }
    const request = { ...produce(null) }
    const topicData = [{ name: 't', partitionData: [{ index: 0, records: [slice] }] }]
    const parts = encode(ProduceRequest, 3, { ...request, topicData })
    expect(parts[1]).toBe(slice)
    expect((parts[0] as Buffer).readInt32BE(parts[0]!.byteLength - 4)).toBe(1_000)
  })

  test('may be null or empty', () => {
    for (const records of [null, new Uint8Array(0)]) {
      const bytes = toBytes(encode(ProduceRequest, 9, produce(records)))
      const read = decode(ProduceRequest, 9, bytes).topicData[0]?.partitionData[0]?.records
      expect(read === null ? null : read?.byteLength).toBe(records === null ? null : 0)
    }
  })
})

describe('versions', () => {
  test('that a message does not have are refused', () => {
    for (const version of [-1, 5, 1.5, Number.NaN]) {
      expect(() => decode(HeartbeatRequest, version, hex(''))).toThrow('has versions 0 to 4')
    }
  })

  test('change the shape of a message, not its type', () => {
    const classic = toBytes(encode(OffsetFetchRequest, 7, { groupId: 'g', topics: null }))
    expect(decode(OffsetFetchRequest, 7, classic)).toMatchObject({ groupId: 'g', groups: [] })
    const groups = [{ groupId: 'g', topics: null }]
    const batched = toBytes(encode(OffsetFetchRequest, 8, { groups }))
    expect(decode(OffsetFetchRequest, 8, batched)).toMatchObject({ groupId: '', groups })
  })
})

describe('what follows a message', () => {
  test('is left alone, and a cursor stands in front of it', () => {
    const cursor = new Cursor(hex('000167 00000001 00016d ffff'))
    decode(HeartbeatRequest, 0, cursor)
    expect(cursor.remaining).toBe(2)
  })

  test('is not read even if the message ends too early', () => {
    const cursor = new Cursor(hex('000167 00000001 00016d').subarray(0, 9))
    expect(() => decode(HeartbeatRequest, 0, cursor)).toThrow('memberId')
  })
})

describe('counts', () => {
  const Numbers = message({
    name: 'Numbers',
    kind: 'data',
    versions: [0, 0],
    fields: { ids: array(int32()), names: array(string()) },
  })

  test('that claim more than the bytes can hold are refused before anything is allocated', () => {
    expect(() => decode(Numbers, 0, hex('7fffffff 00000000'))).toThrow(
      'Numbers v0: from ids on 8589934588 bytes are needed, but 4 are left',
    )
    expect(() => decode(MetadataResponse, 9, hex('00000000 ffffffff0f'))).toThrow('brokers')
    expect(() => decode(FetchSnapshotRequest, 0, hex('00000000 00000000 ffffffff0f'))).toThrow()
  })

  test('of up to three numbers, and more, are read alike', () => {
    for (const ids of [[], [1], [1, 2], [1, 2, 3], [1, 2, 3, -4], [5, 4, 3, 2, 1]]) {
      const bytes = toBytes(encode(Numbers, 0, { ids, names: ['x'] }))
      expect(decode(Numbers, 0, bytes)).toEqual({ ids, names: ['x'] })
    }
  })
})
