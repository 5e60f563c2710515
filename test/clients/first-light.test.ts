import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { compressionTypes } from '../../broker/protocol/records/layout.ts'
import { confluentKafka } from '../../scripts/capture/confluent-kafka.ts'
import { kafkajs } from '../../scripts/capture/kafkajs.ts'
import { kcat } from '../../scripts/capture/kcat.ts'
import { platformaticKafka } from '../../scripts/capture/platformatic-kafka.ts'
import { whyNoKafka } from '../../scripts/kafka/jars.ts'
import { RunningKavka, whyNoUp } from '../support/kavka.ts'
import { smallRecords } from '../support/sample-records.ts'
import { confluentKafka as confluentConsumer } from './consumers/confluent-kafka.ts'
import { kcat as kcatConsumer } from './consumers/kcat.ts'
import { runProgram, runTool } from './java.ts'
import { whyNoConfluentKafka, whyNoKcat } from './tools.ts'

/** It does not ask for topics to be made, unless it is told to. */
const ofPlatformatic = Object.fromEntries(
  platformaticKafka.compressions.map((compression) => [
    `${platformaticKafka.name}-${compression}`,
    { partitions: 1 },
  ]),
)

const noUp = whyNoUp()
beforeEach(({ skip }) => skip(noUp !== undefined, noUp))

let kavka: RunningKavka
beforeAll(async () => {
  if (noUp !== undefined) return
  kavka = await RunningKavka.start({
    topics: { orders: { partitions: 4 }, ...ofPlatformatic },
    // The records that all clients send have a time of years ago.
    config: { 'log.retention.ms': '-1' },
  })
}, 60_000)
afterAll(() => kavka?.[Symbol.asyncDispose](), 60_000)

const noKafka = whyNoKafka()
const java = { timeout: 180_000, skip: noKafka !== undefined }

describe("Kafka's own client", () => {
  test('sends ten strings to a topic that nobody made, and reads them back', java, async () => {
    const sent = await runProgram('SendTen.java', [kavka.bootstrapServers])
    expect(sent).toHaveLength(10)
    const read = await runProgram('ReadAssigned.java', [kavka.bootstrapServers, 'my-topic', '10'])
    const values = read.map((line) => line.split(' ').slice(2).join(' '))
    expect(values.toSorted()).toEqual(
      Array.from({ length: 10 }, (_, index) => `key-${index} value-${index}`),
    )
  })

  test('measures producing and consuming with its own tools', java, async () => {
    const produced = await runTool('org.apache.kafka.tools.ProducerPerformance', [
      '--topic',
      'orders',
      '--num-records',
      '20000',
      '--record-size',
      '1000',
      '--throughput',
      '-1',
      '--producer-props',
      `bootstrap.servers=${kavka.bootstrapServers}`,
    ])
    expect(produced.at(-1)).toMatch(/^20000 records sent/)
  })

  test('lists topics and offsets with the tools', java, async () => {
    const server = ['--bootstrap-server', kavka.bootstrapServers]
    const topics = await runTool('org.apache.kafka.tools.TopicCommand', [...server, '--list'])
    expect(topics).toContain('orders')
    const described = await runTool('org.apache.kafka.tools.TopicCommand', [
      ...server,
      '--describe',
      '--topic',
      'orders',
    ])
    expect(described[0]).toMatch(/PartitionCount: 4\s+ReplicationFactor: 1/)
    const offsets = await runTool('org.apache.kafka.tools.GetOffsetShell', [
      ...server,
      '--topic',
      'orders',
    ])
    expect(offsets).toHaveLength(4)
  })
})

const librdkafkas = [
  { producer: kcat, consumer: kcatConsumer, missing: whyNoKcat() },
  { producer: confluentKafka, consumer: confluentConsumer, missing: whyNoConfluentKafka() },
]

describe.each(librdkafkas)('$producer.name', ({ producer, consumer, missing }) => {
  const title = 'produces with every compression and reads it back'
  const options = { timeout: 120_000, skip: missing !== undefined }

  test(missing ?? title, options, async () => {
    for (const compression of compressionTypes) {
      for (const idempotent of [false, true]) {
        const topic = `${producer.name}-${compression}-${idempotent}`
        const sent = producer.sent?.(smallRecords) ?? smallRecords
        await producer.produce(kavka.bootstrapServers, [
          { topic, compression, idempotent, records: sent },
        ])
        const { bootstrapServers } = kavka
        const read = await consumer.consume({ bootstrapServers, topic, count: sent.length })
        expect(read.map(({ key, value }) => [key, value])).toEqual(
          sent.map(({ key, value }) => [key, value]),
        )
      }
    }
  })
})

describe.each([kafkajs, platformaticKafka])('$name', (producer) => {
  test('produces with every compression it has', { timeout: 60_000 }, async () => {
    for (const compression of producer.compressions) {
      const topic = `${producer.name}-${compression}`
      const sent = producer.sent?.(smallRecords) ?? smallRecords
      await producer.produce(kavka.bootstrapServers, [
        { topic, compression, idempotent: false, records: sent },
      ])
      if (whyNoKcat() !== undefined) continue
      const { bootstrapServers } = kavka
      const read = await kcatConsumer.consume({ bootstrapServers, topic, count: sent.length })
      expect(read.map(({ key, value }) => [key, value])).toEqual(
        sent.map(({ key, value }) => [key, value]),
      )
    }
  })
})
