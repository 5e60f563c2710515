import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import {
  encodeRequest,
  readRequest,
  readRequestBody,
} from '../../../../broker/protocol/frames/request.ts'
import { type RequestFixture, requestsFile } from '../../../support/batch-fixtures.ts'
import { toBytes } from '../../../support/parts.ts'

// Written by scripts/capture-batches.ts.
const fixtures = JSON.parse(readFileSync(requestsFile, 'utf8')) as RequestFixture[]

test.each(fixtures)(
  '$api $version of $client is read whole, and written as the same bytes',
  (fixture) => {
    const frame = Buffer.from(fixture.base64, 'base64')
    const request = readRequest(frame)
    const { api, version, correlationId, clientId, cursor } = request
    expect({ api: api.name, version }).toEqual({ api: fixture.api, version: fixture.version })

    const body = readRequestBody(api.name, request)
    expect(cursor.remaining).toBe(0)
    const again = toBytes(
      encodeRequest(api.name, version, { correlationId, clientId }, body as never),
    )
    expect(again.subarray(4).toString('hex')).toBe(frame.toString('hex'))
  },
)
