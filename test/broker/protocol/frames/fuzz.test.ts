import { expect, test } from 'vitest'
import { apiOfKey, requestHeaderVersion } from '../../../../broker/protocol/apis.ts'
import { encode } from '../../../../broker/protocol/codec/codec.ts'
import { FrameReader } from '../../../../broker/protocol/frames/frame-reader.ts'
import {
  isKnownVersion,
  readRequest,
  readRequestBody,
} from '../../../../broker/protocol/frames/request.ts'
import { RequestHeader } from '../../../../broker/protocol/generated/headers.ts'
import { ProtocolError } from '../../../../broker/protocol/protocol-error.ts'
import { allMessages, readVectors, type Vector } from '../../../support/golden.ts'
import { mutate, seeded } from '../../../support/mutate.ts'
import { toBytes } from '../../../support/parts.ts'

const connections = 100_000
const seed = 11

test('100,000 connections that send damaged requests are served or closed', {
  timeout: 60_000,
}, () => {
  const requests = readVectors().filter(({ name }) => allMessages.get(name)?.kind === 'request')
  const frames = requests.map(framed)
  const random = seeded(seed)
  const outcomes = { requests: 0, closed: 0 }
  for (let done = 0; done < connections; done++) {
    const picked = [frames[random(frames.length)]!, frames[random(frames.length)]!]
    const stream = mutate(Buffer.concat(picked), random)
    try {
      outcomes.requests += serve(stream, random)
    } catch (error) {
      if (!(error instanceof ProtocolError)) {
        throw new Error(`${Buffer.from(stream).toString('hex')} is not served or refused`, {
          cause: error,
        })
      }
      outcomes.closed += 1
    }
  }
  expect(outcomes.requests).toBeGreaterThan(connections / 2)
  expect(outcomes.closed).toBeGreaterThan(connections / 10)
})

/** Reads what comes as a broker does, cut anywhere. @returns How many requests were whole. */
function serve(stream: Uint8Array, random: (below: number) => number): number {
  let served = 0
  const reader = new FrameReader({ maxFrameBytes: 1_000_000 }, (frame) => {
    const request = readRequest(frame)
    if (isKnownVersion(request.api, request.version)) readRequestBody(request.api.name, request)
    served += 1
  })
  for (let at = 0; at < stream.byteLength; ) {
    const end = at + 1 + random(400)
    reader.push(stream.subarray(at, end))
    at = end
  }
  return served
}

/** A request of a vector with size and header, as a client would send it. */
function framed({ name, version, bytes }: Vector): Buffer {
  const api = apiOfKey(allMessages.get(name)?.apiKey ?? -1)!
  const fields = {
    requestApiKey: api.key,
    requestApiVersion: version,
    correlationId: 1,
    clientId: 'fuzz',
  }
  const header = toBytes(encode(RequestHeader, requestHeaderVersion(api, version), fields))
  const size = Buffer.alloc(4)
  size.writeInt32BE(header.byteLength + bytes.byteLength)
  return Buffer.concat([size, header, bytes])
}
