/**
 * Lets real clients produce to and consume from the stub broker, and keeps what they sent as
 * fixtures. Needs what test/clients/install.sh installs, and the lz4 command.
 *
 *   node scripts/capture-batches.ts
 */
import { join } from 'node:path'
import { confluentKafka as confluentKafkaConsumer } from '../test/clients/consumers/confluent-kafka.ts'
import { kafkajs as kafkajsConsumer } from '../test/clients/consumers/kafkajs.ts'
import { kcat as kcatConsumer } from '../test/clients/consumers/kcat.ts'
import { platformaticKafka as platformaticKafkaConsumer } from '../test/clients/consumers/platformatic-kafka.ts'
import {
  type BatchFixture,
  fixturesFolder,
  type RequestFixture,
  recordsOf,
  requestsFile,
  writeLines,
} from '../test/support/batch-fixtures.ts'
import { largeRecords, smallRecords } from '../test/support/sample-records.ts'
import { type StubBroker, startStubBroker } from '../test/support/stub-broker.ts'
import { confluentKafka } from './capture/confluent-kafka.ts'
import { kafkajs } from './capture/kafkajs.ts'
import { kcat } from './capture/kcat.ts'
import { lz4Frames } from './capture/lz4-frames.ts'
import { platformaticKafka } from './capture/platformatic-kafka.ts'
import type { ForeignProducer, Job } from './capture/producer.ts'

const maxRequestBytes = 600
const clients = [
  { producer: kcat, consumer: kcatConsumer },
  { producer: confluentKafka, consumer: confluentKafkaConsumer },
  { producer: platformaticKafka, consumer: platformaticKafkaConsumer },
  { producer: kafkajs, consumer: kafkajsConsumer },
]

const requests: RequestFixture[] = []
for (const { producer, consumer } of clients) {
  await using stub = await startStubBroker()
  const { bootstrapServers } = stub
  const client = `${producer.name} ${await producer.version()}`
  const jobs = jobsFor(producer)
  await producer.produce(bootstrapServers, jobs)
  write(
    producer.name,
    jobs.map((job) => fixtureOf(client, job, stub)),
  )

  const [{ topic, records } = { topic: '', records: [] }] = jobs
  await consumer.consume({ bootstrapServers, topic, count: records.length })
  requests.push(...requestsOf(client, stub))
}
write('lz4-command', await lz4Frames())
writeLines(requestsFile, requests)

function jobsFor({ compressions, sent = (records) => [...records] }: ForeignProducer): Job[] {
  const small = sent(smallRecords)
  const large = sent(recordsOf(largeRecords))
  return compressions.flatMap((compression) => {
    const job = { topic: `small-${compression}`, compression, idempotent: false, records: small }
    if (compression === 'none') return [job, { ...job, topic: 'idempotent', idempotent: true }]
    return [job, { ...job, topic: `large-${compression}`, records: large }]
  })
}

function fixtureOf(client: string, { topic, compression, records }: Job, stub: StubBroker) {
  const own = stub.produced.filter((produced) => produced.topic === topic)
  const [batch] = own
  if (batch === undefined || own.length > 1) throw new Error(`${client}: ${own.length} of ${topic}`)
  const { baseTimestamp, ...rule } = largeRecords
  const generated = records[0]?.timestamp === undefined ? rule : { ...rule, baseTimestamp }
  return {
    name: topic,
    client,
    compression,
    records: topic.startsWith('large') ? generated : records,
    base64: Buffer.from(batch.batch).toString('base64'),
  } as BatchFixture
}

/** The first of each API and version that is small enough. */
function requestsOf(client: string, stub: StubBroker): RequestFixture[] {
  const small = stub.requests.filter(({ frame }) => frame.length <= maxRequestBytes)
  const kinds = Map.groupBy(small, ({ api, version }) => `${api} ${version}`)
  return [...kinds.values()].flatMap(([first]) => {
    if (first === undefined) return []
    const { api, version, frame } = first
    return [{ client, api, version, base64: Buffer.from(frame).toString('base64') }]
  })
}

function write(name: string, fixtures: readonly BatchFixture[]): void {
  writeLines(join(fixturesFolder, `${name}.json`), fixtures)
}
