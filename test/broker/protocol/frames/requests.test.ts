import { describe, expect, test } from 'vitest'
import {
  type ApiName,
  apiOf,
  apiOfKey,
  requestHeaderVersion,
  responseHeaderVersion,
} from '../../../../broker/protocol/apis.ts'
import {
  isSoftwareName,
  unsupportedApiVersions,
} from '../../../../broker/protocol/frames/api-versions.ts'
import {
  encodeRequest,
  isKnownVersion,
  readRequest,
  readRequestBody,
} from '../../../../broker/protocol/frames/request.ts'
import {
  correlationIdOf,
  encodeResponse,
  readResponse,
} from '../../../../broker/protocol/frames/response.ts'
import { apis } from '../../../../broker/protocol/generated/apis.ts'
import { toBytes } from '../../../support/parts.ts'

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')
const withoutSize = (frame: Buffer) => frame.subarray(4)

describe('a request', () => {
  const heartbeat = { groupId: 'g', generationId: 1, memberId: 'm' }

  test('begins with its size, key, version, correlation id and client id', () => {
    const header = { correlationId: 7, clientId: 'me' }
    const frame = toBytes(encodeRequest('Heartbeat', 0, header, heartbeat))
    const size = '00000016'
    expect(frame.toString('hex')).toBe(
      `${size} 000c 0000 00000007 0002 6d65 0001 67 00000001 0001 6d`.replaceAll(' ', ''),
    )
  })

  test('of a flexible version has tags in its header, but a client id of the old form', () => {
    const header = { correlationId: 7, clientId: 'me' }
    const frame = toBytes(encodeRequest('Heartbeat', 4, header, heartbeat))
    expect(frame.subarray(4, 17).toString('hex')).toBe('000c00040000000700026d6500')
  })

  test('may have no client id, and tags in its header that nobody knows', () => {
    const frame = hex('000c 0004 00000007 ffff 01 09 02 aabb 0267 00000001 026d 00 00')
    const request = readRequest(frame)
    expect(request).toMatchObject({ version: 4, correlationId: 7, clientId: null })
    expect(readRequestBody('Heartbeat', request)).toMatchObject(heartbeat)
  })

  test('of an API that is not there is refused', () => {
    for (const key of ['0004', '7fff', 'ffff']) {
      expect(() => readRequest(hex(`${key} 0000 00000001 ffff`))).toThrow('no API has the key')
    }
  })

  test.each(['', '00', '0003', '000300', '0003 0001 0000', '0003 0001 00000001 0005 61'])(
    'whose header is cut off is refused: %s',
    (bytes) => {
      expect(() => readRequest(hex(bytes))).toThrow(
        expect.objectContaining({ reason: 'Truncated' }),
      )
    },
  )

  test('of a version that nobody knows still has a header that can be read', () => {
    const request = readRequest(hex('0003 0063 00000009 0001 61 00 ffffffff'))
    expect(request).toMatchObject({ version: 99, correlationId: 9, clientId: 'a' })
    expect(isKnownVersion(request.api, 99)).toBe(false)
    expect(() => readRequestBody('Metadata', request)).toThrow('has versions 0 to 13, not 99')
  })

  test('of a negative version is refused', () => {
    expect(() => readRequest(hex('0003 ffff 00000009 ffff'))).toThrow('Metadata version -1')
  })
})

describe('a response', () => {
  test('begins with its size and correlation id, and with tags once it is flexible', () => {
    const body = { throttleTimeMs: 0, errorCode: 27 }
    const classic = toBytes(encodeResponse('Heartbeat', 1, 7, body)).toString('hex')
    expect(classic).toBe('0000000a' + '00000007' + '00000000' + '001b')
    const flexible = toBytes(encodeResponse('Heartbeat', 4, 7, body)).toString('hex')
    expect(flexible).toBe('0000000c' + '00000007' + '00' + '00000000' + '001b' + '00')
  })

  test('is found and read by who remembers what was asked', () => {
    const body = { throttleTimeMs: 0, errorCode: 27 }
    const frame = withoutSize(toBytes(encodeResponse('Heartbeat', 4, 7, body)))
    expect(correlationIdOf(frame)).toBe(7)
    expect(readResponse('Heartbeat', 4, frame)).toEqual({ correlationId: 7, body })
  })

  test('counts record batches into its size, which it does not hold in memory', () => {
    const records = [{ file: 'a.log', position: 0, byteLength: 1_000_000 }]
    const partitions = [
      { partitionIndex: 0, errorCode: 0, highWatermark: 1, abortedTransactions: null, records },
    ]
    const responses = [{ topic: 't', partitions }]
    const parts = encodeResponse('Fetch', 4, 7, { throttleTimeMs: 0, responses })
    const total = parts.reduce((sum, { byteLength }) => sum + byteLength, 0)
    expect((parts[0] as Buffer).readInt32BE()).toBe(total - 4)
  })

  test('of more than 2 GB is refused', () => {
    const records = [{ file: 'a.log', position: 0, byteLength: 2 ** 31 - 10 }]
    const partitions = [
      { partitionIndex: 0, errorCode: 0, highWatermark: 1, abortedTransactions: null, records },
    ]
    const responses = [{ topic: 't', partitions }]
    expect(() => encodeResponse('Fetch', 4, 7, { throttleTimeMs: 0, responses })).toThrow(
      expect.objectContaining({ reason: 'FrameTooLarge' }),
    )
  })
})

describe('headers', () => {
  test('are flexible where their message is, but for the answer of ApiVersions', () => {
    const flexibleFrom = (name: ApiName) => apiOf(name).request.flexibleSince ?? Infinity
    for (const { name, request } of Object.values(apis)) {
      for (let version = request.versions[0]; version <= request.versions[1]; version++) {
        const flexible = version >= flexibleFrom(name)
        expect(requestHeaderVersion(apiOf(name), version)).toBe(flexible ? 2 : 1)
        const answer = flexible && name !== 'ApiVersions' ? 1 : 0
        expect(responseHeaderVersion(apiOf(name), version)).toBe(answer)
      }
    }
  })

  test('of SaslHandshake and OffsetDelete are never flexible', () => {
    for (const name of ['SaslHandshake', 'OffsetDelete'] as const) {
      expect(apiOf(name).request.flexibleSince).toBeUndefined()
    }
  })
})

describe('ApiVersions', () => {
  test('of an unknown version is answered in version 0, with the range to try', () => {
    const request = readRequest(hex('0012 0063 0000000b ffff 00 ffffffffff'))
    expect(request.api.name).toBe('ApiVersions')
    const range = { minVersion: 0, maxVersion: 4 }
    const answer = toBytes(unsupportedApiVersions(request.correlationId, range))
    expect(answer.toString('hex')).toBe(
      '00000010' + '0000000b' + '0023' + '00000001' + '0012' + '0000' + '0004',
    )
    expect(readResponse('ApiVersions', 0, withoutSize(answer)).body).toMatchObject({
      errorCode: 35,
      apiKeys: [{ apiKey: 18, ...range }],
    })
  })

  test('has a flexible body under a plain header from version 3 on', () => {
    const body = { errorCode: 0, apiKeys: [], throttleTimeMs: 0 }
    const frame = withoutSize(toBytes(encodeResponse('ApiVersions', 3, 7, body)))
    expect(frame.toString('hex')).toBe('00000007' + '0000' + '01' + '00000000' + '00')
  })

  test('takes names and versions of software as Kafka does', () => {
    for (const name of ['a', 'apache-kafka-java', '4.3.1', 'a-b.c']) {
      expect(isSoftwareName(name)).toBe(true)
    }
    for (const name of ['', '-a', 'a-', '.a', 'a b', 'a_b', 'é', 'a\n', `${'a'.repeat(50_000)}!`]) {
      expect(isSoftwareName(name)).toBe(false)
    }
  })
})

test('every API is found by its key, and no key is taken twice', () => {
  const keys = Object.values(apis).map(({ key }) => key)
  expect(new Set(keys).size).toBe(keys.length)
  for (const { key, name } of Object.values(apis)) expect(apiOfKey(key)?.name).toBe(name)
})
