import { expect, test } from 'vitest'
import { metadataRecord } from '../../../broker/metadata/records.ts'
import { addTopicMetrics } from '../../../broker/metrics/topic-metrics.ts'
import { Metrics } from '../../../lib/metrics.ts'
import { startBroker } from '../handlers/support.ts'
import { uuid } from '../metadata/support.ts'
import { produced, topicOn } from '../partition/support.ts'

test('what producers send and consumers get is counted by topic and in all', async () => {
  const broker = await startBroker()
  const metrics = new Metrics()
  addTopicMetrics(metrics, () => broker.partitions.traffic)
  broker.tell(...topicOn('orders', uuid(1)), ...topicOn('carts', uuid(2)))
  const client = await broker.client()
  const batch = produced('a', 'b', 'c')
  const produce = (name: string, index = 0) => {
    const topicData = [{ name, partitionData: [{ index, records: batch }] }]
    return client.request('Produce', 9, { acks: -1, timeoutMs: 1_000, topicData })
  }
  await produce('orders')
  await produce('orders')
  await produce('carts')
  await produce('orders', 7) // no such partition
  await produce('nowhere')
  const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1_000_000 }]
  const topics = [{ topic: 'orders', partitions }]
  await client.request('Fetch', 11, { maxWaitMs: 0, minBytes: 1, topics, forgottenTopicsData: [] })

  const lines = async (name: string) => {
    const full = `kafka_server_brokertopicmetrics_${name}_total`
    const text = await metrics.text()
    return text
      .split('\n')
      .filter((line) => line.startsWith(full))
      .map((line) => line.slice(full.length))
  }
  const size = batch.byteLength
  expect(await lines('messagesin')).toEqual([' 9', '{topic="orders"} 6', '{topic="carts"} 3'])
  expect(await lines('bytesin')).toEqual([
    ` ${3 * size}`,
    `{topic="orders"} ${2 * size}`,
    `{topic="carts"} ${size}`,
  ])
  expect(await lines('bytesout')).toEqual([
    ` ${2 * size}`,
    `{topic="orders"} ${2 * size}`,
    '{topic="carts"} 0',
  ])
  expect(await lines('failedproducerequests')).toEqual([
    ' 2',
    '{topic="orders"} 1',
    '{topic="carts"} 0',
  ])
  expect((await lines('totalproducerequests'))[0]).toBe(' 5')

  broker.tell(metadataRecord('RemoveTopicRecord', { topicId: uuid(1) }))
  expect(await lines('messagesin')).toEqual([' 9', '{topic="carts"} 3'])
})
