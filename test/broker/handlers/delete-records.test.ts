import { expect, test } from 'vitest'
import { metadataRecord } from '../../../broker/metadata/records.ts'
import type { ClientConnection } from '../../../broker/net/client-connection.ts'
import { errorCodes } from '../../../broker/protocol/generated/error-codes.ts'
import { uuid } from '../metadata/support.ts'
import { produced, topicOn } from '../partition/support.ts'
import { startBroker, type TestBroker } from './support.ts'

async function withRecords(values: string[]): Promise<[TestBroker, ClientConnection]> {
  const broker = await startBroker()
  broker.tell(...topicOn('orders', uuid(1)))
  const client = await broker.client()
  for (const value of values) await produce(client, value)
  return [broker, client]
}

function produce(client: ClientConnection, value: string) {
  const partitionData = [{ index: 0, records: produced(value) }]
  const topicData = [{ name: 'orders', partitionData }]
  return client.request('Produce', 9, { acks: -1, timeoutMs: 1_000, topicData })
}

async function fetch(client: ClientConnection, fetchOffset: number, maxWaitMs = 0) {
  const partitions = [{ partition: 0, fetchOffset, partitionMaxBytes: 1_000_000 }]
  const topics = [{ topic: 'orders', partitions }]
  const request = { maxWaitMs, minBytes: 1, topics, forgottenTopicsData: [] }
  return (await client.request('Fetch', 11, request)).responses[0]?.partitions[0]
}

async function deleteRecords(
  client: ClientConnection,
  offset: number,
  name = 'orders',
  version = 2,
) {
  const topics = [{ name, partitions: [{ partitionIndex: 0, offset }] }]
  const answer = await client.request('DeleteRecords', version, { topics, timeoutMs: 1_000 })
  return answer.topics[0]?.partitions[0]
}

test.each([0, 1, 2])('records before an offset are gone, version %i', async (version) => {
  const [, client] = await withRecords(['a', 'b', 'c'])
  const answer = await deleteRecords(client, 2, 'orders', version)
  expect(answer).toEqual({ partitionIndex: 0, lowWatermark: 2, errorCode: 0 })
  expect(await fetch(client, 1)).toMatchObject({ errorCode: errorCodes.OFFSET_OUT_OF_RANGE })
  expect(await fetch(client, 2)).toMatchObject({ errorCode: 0, logStartOffset: 2 })
  // The start never moves back.
  expect(await deleteRecords(client, 1)).toMatchObject({ lowWatermark: 2, errorCode: 0 })
})

test('-1 is the high watermark, and what comes later is read', async () => {
  const [, client] = await withRecords(['a', 'b'])
  expect(await deleteRecords(client, -1)).toMatchObject({ lowWatermark: 2, errorCode: 0 })
  await produce(client, 'c')
  expect(await fetch(client, 2)).toMatchObject({ errorCode: 0, highWatermark: 3 })
})

test('where records begin is on the disk before the answer is sent', async () => {
  const [{ dataDirectory }, client] = await withRecords(['a', 'b'])
  const orders = { topic: 'orders', partition: 0 }
  await deleteRecords(client, 1)
  expect(dataDirectory.checkpointOf('log-start-offset-checkpoint', orders)).toBe(1)
})

test.each<[string, keyof typeof errorCodes, string, number]>([
  ['behind the high watermark', 'OFFSET_OUT_OF_RANGE', 'orders', 3],
  ['below zero', 'OFFSET_OUT_OF_RANGE', 'orders', -2],
  ['of a topic that is not there', 'UNKNOWN_TOPIC_OR_PARTITION', 'nowhere', 0],
])('an offset %s is answered %s', async (_, code, name, offset) => {
  const [, client] = await withRecords(['a', 'b'])
  const refused = { partitionIndex: 0, lowWatermark: -1, errorCode: errorCodes[code] }
  expect(await deleteRecords(client, offset, name)).toEqual(refused)
  expect(await fetch(client, 0)).toMatchObject({ errorCode: 0, highWatermark: 2 })
})

test.each([
  ['compact', errorCodes.POLICY_VIOLATION],
  ['compact,delete', 0],
  ['', 0],
])('of a topic with cleanup.policy "%s" it is answered %i', async (value, errorCode) => {
  const [broker, client] = await withRecords(['a'])
  const resource = { resourceType: 2, resourceName: 'orders' }
  broker.tell(metadataRecord('ConfigRecord', { ...resource, name: 'cleanup.policy', value }))
  expect(await deleteRecords(client, 1)).toMatchObject({ errorCode })
})

test('what brokers keep for themselves is not deleted', async () => {
  const broker = await startBroker()
  broker.tell(...topicOn('__consumer_offsets', uuid(1)))
  const answer = await deleteRecords(await broker.client(), 0, '__consumer_offsets')
  expect(answer).toMatchObject({ errorCode: errorCodes.INVALID_TOPIC_EXCEPTION })
})

test('a partition that is named twice is answered once, by the offset that comes last', async () => {
  const [, client] = await withRecords(['a', 'b', 'c'])
  const partitions = [2, 1].map((offset) => ({ partitionIndex: 0, offset }))
  const topics = [{ name: 'orders', partitions }]
  const answer = await client.request('DeleteRecords', 2, { topics, timeoutMs: 1_000 })
  expect(answer.topics[0]?.partitions).toEqual([
    { partitionIndex: 0, lowWatermark: 1, errorCode: 0 },
  ])
})
