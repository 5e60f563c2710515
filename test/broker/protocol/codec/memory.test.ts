import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { decode, encode } from '../../../../broker/protocol/codec/codec.ts'
import { MetadataRequest, ProduceRequest } from '../../../../broker/protocol/generated/messages.ts'
import { ProtocolError } from '../../../../broker/protocol/protocol-error.ts'
import type { Message } from '../../../../broker/protocol/schema/message.ts'
import { allMessages } from '../../../support/golden.ts'
import { toBytes } from '../../../support/parts.ts'
import { swollen } from './swollen.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

const elements = 65_536
/** What 131,072 objects take, and then one more for every 16 bytes. */
const mostBytes = (frameBytes: number) => 10 * 2 ** 20 + 8 * frameBytes

const requests = [...allMessages.values()].filter(({ kind }) => kind === 'request')

test('no array of a request becomes much more memory than the frame', { timeout: 60_000 }, () => {
  const tooLarge: string[] = []
  for (const type of requests) {
    const version = type.versions[1]
    for (const { path, message } of swollen(type, version, elements)) {
      const bytes = toBytes(encode(type, version, message as never))
      const grown = heapGrowth(type, version, bytes)
      if (grown > mostBytes(bytes.byteLength)) tooLarge.push(`${type.name} ${path}: ${grown}`)
    }
  }
  expect(tooLarge).toEqual([])
})

test('9 MB of topics with names of one letter are refused, not made into 264 MB', () => {
  const topic = { name: 'a', partitionData: [] }
  const topicData = Array.from({ length: 3_000_000 }, () => topic)
  const request = { transactionalId: null, acks: 1, timeoutMs: 1, topicData }
  const bytes = toBytes(encode(ProduceRequest, 9, request))
  expect(() => decode(ProduceRequest, 9, bytes)).toThrow(
    expect.objectContaining({ reason: 'TooManyElements' }),
  )
})

test('a request for 40,000 topics by their ids is no attack', () => {
  const topicId = 'zS2EbDkXQ5mDoxVKsdoQ8A'
  const topic = { topicId, name: null }
  const topics = Array.from({ length: 40_000 }, () => topic)
  const bytes = toBytes(encode(MetadataRequest, 12, { topics }))
  expect(decode(MetadataRequest, 12, bytes).topics).toHaveLength(40_000)
})

/** What stays in memory of a message that was read; nothing does of one that was refused. */
function heapGrowth(type: Message, version: number, bytes: Uint8Array): number {
  collectGarbage()
  const before = process.memoryUsage().heapUsed
  let message: unknown
  try {
    message = decode(type, version, bytes)
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
  }
  collectGarbage()
  const grown = process.memoryUsage().heapUsed - before
  return message === undefined ? 0 : grown
}
