import { expect, test } from 'vitest'
import type { ApiName, RequestInputOf } from '../../../broker/protocol/apis.ts'
import { decode, encode } from '../../../broker/protocol/codec/codec.ts'
import {
  encodeRequest,
  readOwnRequestBody,
  readRequest,
  readRequestBody,
} from '../../../broker/protocol/frames/request.ts'
import { encodeResponse, readResponse } from '../../../broker/protocol/frames/response.ts'
import { apis } from '../../../broker/protocol/generated/apis.ts'
import { ownRequests, ownResponses } from '../../../broker/protocol/own-fields.ts'
import type { Fields } from '../../../broker/protocol/schema/fields.ts'
import { toBytes } from '../../support/parts.ts'

const metadataPosition = {
  offset: 12,
  epoch: 4,
  incarnationId: Buffer.alloc(16, 7).toString('base64url'),
}
const fetch = { maxWaitMs: 5, minBytes: 1, topics: [] }
const beat = { brokerId: 3, currentMetadataOffset: 11, wantFence: false, wantShutDown: false }
const registration = {
  brokerId: 3,
  clusterId: metadataPosition.incarnationId,
  incarnationId: metadataPosition.incarnationId,
  listeners: [],
  features: [],
  rack: null,
}
const header = { correlationId: 7, clientId: 'me' }

function frameOf<N extends ApiName>(name: N, version: number, body: RequestInputOf<N>): Buffer {
  return toBytes(encodeRequest(name, version, header, body)).subarray(4)
}

test('a broker tells its controller where it is in the metadata log', () => {
  const frames = {
    Fetch: frameOf('Fetch', 17, { ...fetch, metadataPosition }),
    BrokerHeartbeat: frameOf('BrokerHeartbeat', 1, { ...beat, metadataPosition }),
    BrokerRegistration: frameOf('BrokerRegistration', 4, { ...registration, metadataPosition }),
  }
  for (const name of ['Fetch', 'BrokerHeartbeat', 'BrokerRegistration'] as const) {
    const told = readOwnRequestBody(name, readRequest(frames[name]))
    expect(told.metadataPosition).toEqual(metadataPosition)
  }
})

test('its controller tells where the log ends', () => {
  const body = { throttleTimeMs: 0, responses: [], metadataPosition }
  const frame = toBytes(encodeResponse('Fetch', 17, 7, body)).subarray(4)
  expect(readResponse('Fetch', 17, frame).body.metadataPosition).toEqual(metadataPosition)
})

test('who knows only what Kafka has passes over it', () => {
  const request = readRequest(frameOf('Fetch', 17, { ...fetch, metadataPosition }))
  const plain = readRequest(frameOf('Fetch', 17, fetch))
  expect(readRequestBody('Fetch', request)).toEqual(readRequestBody('Fetch', plain))
})

test('what a client says under that tag is nothing to a broker, whatever it is', () => {
  const frame = frameOf('Fetch', 17, fetch)
  expect(frame.at(-1)).toBe(0) // no tags
  const tagged = Buffer.concat([frame.subarray(0, -1), Buffer.from('01904e02aabb', 'hex')])
  expect(readRequestBody('Fetch', readRequest(tagged))).toMatchObject(fetch)
  expect(() => readOwnRequestBody('Fetch', readRequest(tagged))).toThrow('FetchRequest v17')
})

test('where nothing is said requests and responses are as Kafka has them', () => {
  const response = { throttleTimeMs: 0, responses: [] }
  for (const version of [4, 11, 12, 17]) {
    const own = toBytes(encode(ownRequests.Fetch, version, fetch))
    expect(own).toEqual(toBytes(encode(apis.Fetch.request, version, fetch)))
    const answer = toBytes(encode(ownResponses.Fetch, version, response))
    expect(answer).toEqual(toBytes(encode(apis.Fetch.response, version, response)))
  }
  const own = toBytes(encode(ownRequests.BrokerHeartbeat, 1, beat))
  expect(own).toEqual(toBytes(encode(apis.BrokerHeartbeat.request, 1, beat)))
  expect(decode(ownRequests.BrokerHeartbeat, 1, own).metadataPosition).toBeNull()
})

test('a version of Fetch without tags carries none, and says so', () => {
  expect(() => frameOf('Fetch', 11, { ...fetch, metadataPosition })).toThrow('metadataPosition')
})

test('our own tags are far from those of Kafka', () => {
  for (const { fields } of [...Object.values(ownRequests), ...Object.values(ownResponses)]) {
    const tags = Object.values(fields as Fields).flatMap(({ options }) => options.tag ?? [])
    expect(tags.filter((tag) => tag >= 100 && tag < 10_000)).toEqual([])
    expect(new Set(tags).size).toBe(tags.length)
  }
})
