import { produceV7, produceV11 } from '@platformatic/kafka'
import { decode, encode } from '../../broker/protocol/codec/codec.ts'
import { encodeRequest } from '../../broker/protocol/frames/request.ts'
import { ProduceRequest } from '../../broker/protocol/generated/produce-fetch.ts'
import { buildBatch } from '../../broker/protocol/records/build.ts'
import { toBytes } from '../../test/support/parts.ts'
import type { Case } from '../support/compare.ts'
import { kafkajsRequest } from './kafkajs.ts'
import { batchCount, messages, recordsPerBatch, times } from './payloads.ts'

const topic = 'topic'
const timeoutMs = 30_000
const header = { correlationId: 1, clientId: 'bench' }

const kafkajs = kafkajsRequest('produce', 7)
const forKafkajs = messages.map((own, partition) => ({ partition, messages: own }))
const creators = { 7: produceV7.createRequest, 11: produceV11.createRequest }

export const cases: Case[] = [
  ...([7, 11] as const).map((version) => ({
    title: `build and encode Produce v${version}, ${batchCount} batches of ${recordsPerBatch}`,
    contenders: [
      { label: 'kavka', run: () => toBytes(produce(version)) },
      {
        label: '@platformatic/kafka',
        run: () => creators[version](-1, timeoutMs, flat(), {}).buffer,
      },
      ...(version === 7 ? [{ label: 'kafkajs', run: encodeKafkajs }] : []),
    ],
  })),
  ...[1, 10].flatMap((topics) => {
    return [7, 12].map((version) => {
      const bytes = received(version, topics)
      const title = `decode Produce v${version}, ${topics} topics, 10 partitions, records untouched`
      const run = () => decode(ProduceRequest, version, bytes)
      return { title, contenders: [{ label: 'kavka', run }] }
    })
  }),
]

async function encodeKafkajs() {
  const topicData = [{ topic, partitions: forKafkajs }]
  return (await kafkajs({ acks: -1, timeout: timeoutMs, topicData }).encode()).buffer
}

function produce(version: number) {
  const partitionData = messages.map((records, index) => ({
    index,
    records: buildBatch({ records }),
  }))
  const topicData = [{ name: topic, partitionData }]
  return encodeRequest('Produce', version, header, {
    acks: -1,
    timeoutMs,
    topicData,
    transactionalId: null,
  })
}

/** Messages as @platformatic/kafka takes them: one list, which it groups by partition itself. */
function flat() {
  return messages.flat().map(({ key, value, partition, timestamp }) => {
    return {
      key,
      value,
      topic,
      partition,
      timestamp: BigInt(timestamp),
      headers: new Map<Buffer, Buffer>(),
    }
  })
}

function received(version: number, topics: number): Buffer {
  const records = buildBatch({ records: messages[0] ?? [] })
  const topicData = times(topics, (index) => ({
    name: `topic-${index}`,
    partitionData: times(10 / topics, (partition) => ({ index: partition, records })),
  }))
  const request = { transactionalId: null, acks: -1, timeoutMs, topicData }
  return toBytes(encode(ProduceRequest, version, request))
}
