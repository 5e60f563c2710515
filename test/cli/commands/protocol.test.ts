import { expect, test } from 'vitest'
import { encodeRequest } from '../../../broker/protocol/frames/request.ts'
import { encodeResponse } from '../../../broker/protocol/frames/response.ts'
import { run } from '../../../cli/commands/protocol.ts'
import { toBytes } from '../../support/parts.ts'

test('kavka protocol lists every API with its key and versions', () => {
  const { code, printed } = runHere()
  expect(printed).toContain('3    Metadata                            0 to 13   9')
  expect(printed).toContain('17   SaslHandshake                       0 to 1    never')
  expect(code).toBe(0)
})

test('kavka protocol request prints a request with its header, bytes as hex', () => {
  const topicData = [{ name: 't', partitionData: [{ index: 0, records: Buffer.from('abc') }] }]
  const body = { transactionalId: null, acks: -1, timeoutMs: 5, topicData }
  const frame = encodeRequest('Produce', 9, { correlationId: 7, clientId: 'me' }, body)
  const { code, printed } = runHere('request', toBytes(frame).toString('hex'))
  const partitionData = [{ index: 0, records: '616263' }]
  expect(JSON.parse(printed[0] ?? '')).toMatchObject({
    api: 'Produce',
    version: 9,
    correlationId: 7,
    clientId: 'me',
    body: { acks: -1, timeoutMs: 5, topicData: [{ name: 't', partitionData }] },
  })
  expect(code).toBe(0)
})

test('kavka protocol response prints a response of the API and version that are named', () => {
  const frame = encodeResponse('Heartbeat', 4, 9, { throttleTimeMs: 3, errorCode: 27 })
  const { printed } = runHere('response', 'Heartbeat', '4', toBytes(frame).toString('hex'))
  const body = { throttleTimeMs: 3, errorCode: 27 }
  const shown = { api: 'Heartbeat', version: 4, correlationId: 9, body }
  expect(JSON.parse(printed[0] ?? '')).toEqual(shown)
})

test.each([
  [['request', 'xyz'], 'that is no hex', 2],
  [['request', '00000005 00'], 'this says 5 bytes, 1 follow', 2],
  [['request', '00'], 'this says nothing, 0 follow', 2],
  [['request', '00000008 7fff0000 00000001'], 'no API has the key 32767', 1],
  [
    ['request', '0000000a 000c0000 00000007 ffff'],
    'HeartbeatRequest v0: from groupId on 2 bytes are needed, but 0 are left',
    1,
  ],
  [['response', 'Nothing', '0', ''], "there is no API 'Nothing'", 2],
  [['response', 'Heartbeat', '5', ''], "Heartbeat has versions 0 to 4, not '5'", 2],
  [['response', 'Heartbeat'], "Heartbeat has versions 0 to 4, not ''", 2],
])('what is wrong is said in one line: kavka protocol %j', (args, message, code) => {
  const outcome = runHere(...args)
  expect(outcome.complaints).toEqual([expect.stringContaining(message)])
  expect(outcome).toMatchObject({ code, printed: [] })
})

test('a verb that is not there gets the usage', () => {
  const { code, complaints } = runHere('speak')
  expect(complaints[0]).toContain('usage: kavka protocol')
  expect(code).toBe(2)
})

function runHere(...args: string[]) {
  const printed: string[] = []
  const complaints: string[] = []
  const print = (line: string) => void printed.push(line)
  const complain = (line: string) => void complaints.push(line)
  return { code: run(args, { print, complain }), printed, complaints }
}
