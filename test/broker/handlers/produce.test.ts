import { expect, test } from 'vitest'
import { encodeRequest } from '../../../broker/protocol/frames/request.ts'
import { errorCodes } from '../../../broker/protocol/generated/error-codes.ts'
import { compressionTypes } from '../../../broker/protocol/records/layout.ts'
import { toBytes } from '../../support/parts.ts'
import { uuid } from '../metadata/support.ts'
import { Client, until } from '../net/support.ts'
import { newTopic, produced, setting } from '../partition/support.ts'
import { onlyProduced, produceOf, TestBroker } from './support.ts'

async function withOrders(): Promise<TestBroker> {
  const broker = await TestBroker.start()
  broker.parts.apply(...newTopic('orders', uuid(1)))
  return broker
}

test.each(Array.from({ length: 11 }, (_, index) => index + 3))(
  'Produce %i is appended and answered with its offset',
  async (version) => {
    await using broker = await withOrders()
    const topicId = version >= 13 ? uuid(1) : undefined
    const produce = (values: string[]) =>
      broker.ask('Produce', version, produceOf('orders', produced(values), { topicId }))
    expect(onlyProduced(await produce(['a', 'b']))).toMatchObject({ errorCode: 0, baseOffset: 0 })
    const { responses } = await produce(['c'])
    expect(responses[0]).toMatchObject(topicId === undefined ? { name: 'orders' } : { topicId })
    expect(onlyProduced({ responses, throttleTimeMs: 0, nodeEndpoints: [] })).toMatchObject({
      index: 0,
      errorCode: 0,
      baseOffset: 2,
      logAppendTimeMs: -1,
      logStartOffset: version >= 5 ? 0 : -1,
    })
  },
)

const twice = Buffer.concat([produced(['a']), produced(['b'])])
const damaged = Buffer.from(produced(['damaged']))
damaged[65] = (damaged[65] as number) ^ 1
const oldFormat = Buffer.from(produced(['old']))
oldFormat[16] = 1
const transactional = { isTransactional: true, producerId: 1, producerEpoch: 0, baseSequence: 0 }

test.each([
  ['without a batch', null, 'INVALID_RECORD'],
  ['with an empty batch', new Uint8Array(0), 'INVALID_RECORD'],
  ['with half a header', produced(['a']).subarray(0, 40), 'CORRUPT_MESSAGE'],
  ['with a batch that is cut off', produced(['abc']).subarray(0, -2), 'CORRUPT_MESSAGE'],
  ['with a damaged batch', damaged, 'CORRUPT_MESSAGE'],
  ['with two batches', twice, 'INVALID_RECORD'],
  ['with a batch that is too large', produced(['x'.repeat(1_100_000)]), 'MESSAGE_TOO_LARGE'],
  ['with a message of format 1', oldFormat, 'UNSUPPORTED_FOR_MESSAGE_FORMAT'],
  ['of a transaction', produced(['a'], transactional), 'NOT_ENOUGH_REPLICAS'],
] as const)('a Produce %s hears why, and nothing is appended', async (_, records, code) => {
  await using broker = await withOrders()
  const answer = await broker.ask('Produce', 9, produceOf('orders', records))
  expect(onlyProduced(answer)).toMatchObject({ errorCode: errorCodes[code], baseOffset: -1 })
  expect(onlyProduced(answer).errorMessage).toMatch(/./)
  expect(broker.parts.partitions.leaderOf({ name: 'orders' }, 0).log.nextOffset).toBe(0)
})

test('one bad partition fails alone', async () => {
  await using broker = await withOrders()
  const good = { index: 0, records: produced(['a']) }
  const none = { index: 7, records: produced(['b']) }
  const { responses } = await broker.ask('Produce', 9, {
    acks: 1,
    timeoutMs: 1_000,
    topicData: [
      { name: 'orders', partitionData: [none, good] },
      { name: 'nowhere', partitionData: [{ index: 0, records: produced(['c']) }] },
    ],
  })
  const codes = responses.flatMap((topic) => topic.partitionResponses.map((own) => own.errorCode))
  const unknown = errorCodes.UNKNOWN_TOPIC_OR_PARTITION
  expect(codes).toEqual([unknown, 0, unknown])
})

test('acks that are none are refused for all', async () => {
  await using broker = await withOrders()
  for (const acks of [2, -2, 100]) {
    const body = produceOf('orders', produced(['a']), { acks })
    const { errorCode } = onlyProduced(await broker.ask('Produce', 7, body))
    expect(errorCode).toBe(errorCodes.INVALID_REQUIRED_ACKS)
  }
})

test('a batch that was sent before is answered as it was then', async () => {
  await using broker = await withOrders()
  const sequenced = { producerId: 9, producerEpoch: 0, baseSequence: 0 }
  const send = async (more: object) => {
    const body = produceOf('orders', produced(['a'], { ...sequenced, ...more }))
    return onlyProduced(await broker.ask('Produce', 9, body))
  }
  expect(await send({})).toMatchObject({ errorCode: 0, baseOffset: 0 })
  expect(await send({})).toMatchObject({ errorCode: 0, baseOffset: 0 })
  const gap = await send({ baseSequence: 5 })
  expect(gap.errorCode).toBe(errorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER)
  expect(await send({ baseSequence: 1 })).toMatchObject({ errorCode: 0, baseOffset: 1 })
  const { log } = broker.parts.partitions.leaderOf({ name: 'orders' }, 0)
  expect(log.logEndOffset).toBe(2)
})

test('zstd is refused before version 7, and every compression taken since', async () => {
  await using broker = await withOrders()
  for (const compression of compressionTypes) {
    for (const version of [6, 7]) {
      const body = produceOf('orders', produced(['a', 'b', 'c'], { compression }))
      const { errorCode } = onlyProduced(await broker.ask('Produce', version, body))
      const isRefused = compression === 'zstd' && version === 6
      expect(errorCode).toBe(isRefused ? errorCodes.UNSUPPORTED_COMPRESSION_TYPE : 0)
    }
  }
})

test('the time of the append is answered where the topic wants it', async () => {
  await using broker = await withOrders()
  broker.parts.apply(setting('orders', 'message.timestamp.type', 'LogAppendTime'))
  const before = Date.now()
  const answer = await broker.ask('Produce', 9, produceOf('orders', produced(['a'])))
  expect(onlyProduced(answer).logAppendTimeMs).toBeGreaterThanOrEqual(before)
})

test('who does not lead says who does, and where that is', async () => {
  await using broker = await TestBroker.start()
  broker.parts.apply(
    broker.registration(2, { rack: 'r2' }),
    ...newTopic('orders', uuid(1), { leader: 2, leaderEpoch: 6 }),
  )
  const answer = await broker.ask('Produce', 10, produceOf('orders', produced(['a'])))
  expect(onlyProduced(answer)).toMatchObject({
    errorCode: errorCodes.NOT_LEADER_OR_FOLLOWER,
    currentLeader: { leaderId: 2, leaderEpoch: 6 },
  })
  expect(answer.nodeEndpoints).toEqual([{ nodeId: 2, host: '127.0.0.1', port: 9_092, rack: 'r2' }])
  const old = await broker.ask('Produce', 9, produceOf('orders', produced(['a'])))
  expect(onlyProduced(old).errorCode).toBe(errorCodes.NOT_LEADER_OR_FOLLOWER)
  expect(old.nodeEndpoints).toEqual([])
})

test('an id that no topic has, or not any more, is unknown', async () => {
  await using broker = await withOrders()
  const body = produceOf('', produced(['a']), { topicId: uuid(2) })
  const { errorCode } = onlyProduced(await broker.ask('Produce', 13, body))
  expect(errorCode).toBe(errorCodes.UNKNOWN_TOPIC_ID)
})

test('acks=0 has no answer, and an error closes the connection', async () => {
  await using broker = await withOrders()
  using client = await Client.open(broker.port)
  const header = { correlationId: 1, clientId: null }
  const send = (name: string) => {
    const body = produceOf(name, produced(['a']), { acks: 0 })
    client.send(toBytes(encodeRequest('Produce', 9, header, body)).subarray(4))
  }
  send('orders')
  client.send(toBytes(encodeRequest('Metadata', 1, header, { topics: [] })).subarray(4))
  expect((await client.frame())?.byteLength).toBeGreaterThan(10) // of Metadata
  const { log } = broker.parts.partitions.leaderOf({ name: 'orders' }, 0)
  await until(() => log.logEndOffset === 1, 'it is written')
  send('nowhere')
  expect(await client.frame()).toBeUndefined()
})

test('acks=all of a topic that is flushed always is answered once the disk has it', async () => {
  await using broker = await withOrders()
  broker.parts.apply(setting('orders', 'kavka.flush', 'Always'))
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      broker.ask('Produce', 9, produceOf('orders', produced([`${index}`]))),
    ),
  )
  expect(answers.map((answer) => onlyProduced(answer).errorCode)).toEqual(answers.map(() => 0))
  const { log } = broker.parts.partitions.leaderOf({ name: 'orders' }, 0)
  await until(() => log.flushedEndOffset === 20, 'all is flushed')
})
