import { expect, test } from 'vitest'
import { metadataRecord } from '../../../broker/metadata/records.ts'
import type { ClientConnection } from '../../../broker/net/client-connection.ts'
import { uuid } from '../metadata/support.ts'
import { nodeId, topicOn } from '../partition/support.ts'
import { startBroker, type TestBroker } from './support.ts'

const other = 7

/** One broker, and another that leads `orders`. */
async function withLeader(): Promise<TestBroker> {
  const broker = await startBroker()
  broker.tell(
    ...topicOn('orders', uuid(1), { leader: other }),
    metadataRecord('RegisterBrokerRecord', {
      brokerId: other,
      brokerEpoch: 1,
      incarnationId: uuid(78),
      endPoints: [{ name: 'client', host: 'other', port: 1, securityProtocol: 0 }],
      features: [],
      rack: null,
      fenced: false,
      inControlledShutdown: false,
      logDirs: [],
    }),
  )
  return broker
}

const change = { topicId: uuid(1), partitionId: 0, leader: nodeId }
const fence = { brokerId: other, brokerEpoch: 1, fenced: 1 }

function handedOver(broker: TestBroker): void {
  broker.tell(metadataRecord('PartitionChangeRecord', change))
}

function fenced(broker: TestBroker): void {
  broker.tell(metadataRecord('BrokerRegistrationChangeRecord', fence))
}

function fell(broker: TestBroker): void {
  broker.tell(
    metadataRecord('PartitionChangeRecord', change),
    metadataRecord('BrokerRegistrationChangeRecord', fence),
  )
}

/** A client that says what it is. */
async function clientOf(broker: TestBroker, clientSoftwareName: string): Promise<ClientConnection> {
  const client = await broker.client()
  await client.request('ApiVersions', 3, { clientSoftwareName, clientSoftwareVersion: '1' })
  return client
}

async function heardBy(client: ClientConnection) {
  const { brokers, topics } = await client.request('Metadata', 12, { topics: [{ name: 'orders' }] })
  return {
    brokers: brokers.map((node) => node.nodeId),
    leader: topics[0]?.partitions[0]?.leaderId,
  }
}

const moved = { brokers: [nodeId, other], leader: nodeId }
const gone = { brokers: [nodeId], leader: nodeId }

test.each(['librdkafka', 'rust-rdkafka', 'confluent-kafka-python'])(
  '%s hears who leads in the place of a broker before it hears that the broker is gone',
  async (name) => {
    const broker = await withLeader()
    const client = await clientOf(broker, name)
    fell(broker)
    expect(await Promise.all([heardBy(client), heardBy(client)])).toEqual([moved, gone])
    expect(await heardBy(client)).toEqual(gone)
  },
)

test('of a broker that had handed over it hears at once that it is gone', async () => {
  const broker = await withLeader()
  const client = await clientOf(broker, 'librdkafka')
  handedOver(broker)
  fenced(broker)
  expect(await heardBy(client)).toEqual(gone)
})

test('it hears so on each connection', async () => {
  const broker = await withLeader()
  fell(broker)
  for (const client of [await clientOf(broker, 'librdkafka'), await clientOf(broker, 'librdkafka')])
    expect(await heardBy(client)).toEqual(moved)
})

test('other clients hear both at once', async () => {
  const broker = await withLeader()
  const clients = [await clientOf(broker, 'apache-kafka-java'), await broker.client()]
  fell(broker)
  for (const client of clients) expect(await heardBy(client)).toEqual(gone)
})
