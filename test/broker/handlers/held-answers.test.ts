import { expect, test } from 'vitest'
import { offsetsTopic } from '../../../broker/metadata/internal-topics.ts'
import { metadataRecord } from '../../../broker/metadata/records.ts'
import { errorCodes } from '../../../broker/protocol/generated/error-codes.ts'
import { uuid } from '../metadata/support.ts'
import { topicOn } from '../partition/support.ts'
import { startBroker, type TestBroker } from './support.ts'

const dead = 7
/** Most of it is the machine's. */
const atOnceMs = 250

/** One broker, and another that leads `orders` and whose connection was reset. */
async function withDeadLeader(topic = 'orders'): Promise<TestBroker> {
  const broker = await startBroker()
  broker.tell(
    ...topicOn('here', uuid(2)),
    ...topicOn(topic, uuid(1), { leader: dead }),
    metadataRecord('RegisterBrokerRecord', {
      brokerId: dead,
      brokerEpoch: 1,
      incarnationId: uuid(78),
      endPoints: [{ name: 'client', host: 'dead', port: 1, securityProtocol: 0 }],
      features: [],
      rack: null,
      fenced: false,
      inControlledShutdown: false,
      logDirs: [],
    }),
  )
  broker.held.suspect(dead)
  return broker
}

async function timed<T>(promise: Promise<T>): Promise<[T, number]> {
  const beganMs = performance.now()
  const value = await promise
  return [value, performance.now() - beganMs]
}

async function ask(broker: TestBroker, version: number, topics: { name: string }[] | null) {
  const client = await broker.client()
  const [answer, tookMs] = await timed(client.request('Metadata', version, { topics }))
  const leaders = answer.topics.map(({ partitions }) => partitions[0]?.leaderId)
  return { tookMs, leaders, brokers: answer.brokers.map(({ nodeId }) => nodeId) }
}

function elect(leader: number, topicId = uuid(1)) {
  return metadataRecord('PartitionChangeRecord', { topicId, partitionId: 0, leader, isr: [leader] })
}

function soon(act: () => void): void {
  setTimeout(act, 20)
}

test.each([0, 1, 8, 12, 13])('Metadata %i waits for who leads now', async (version) => {
  const broker = await withDeadLeader()
  soon(() => broker.tell(elect(3)))
  const { leaders, tookMs } = await ask(broker, version, [{ name: 'orders' }])
  expect(leaders).toEqual([3])
  expect(tookMs).toBeLessThan(atOnceMs)
})

test('it waits for half a second and hears that nobody leads, and for nothing that has to do with others', async () => {
  const broker = await withDeadLeader()
  soon(() => broker.tell(...topicOn('another', uuid(5))))
  const [held, other] = await Promise.all([
    ask(broker, 12, [{ name: 'orders' }]),
    ask(broker, 12, [{ name: 'here' }, { name: 'nobody' }]),
  ])
  expect(held).toMatchObject({ leaders: [-1], brokers: [3, dead] })
  expect(held.tookMs).toBeGreaterThan(400)
  expect(held.tookMs).toBeLessThan(900)
  expect(other.leaders).toEqual([3, undefined])
  expect(other.tookMs).toBeLessThan(atOnceMs)
})

test.each<[number, null | []]>([
  [0, []],
  [12, null],
])('Metadata %i of all topics waits until the dead one is fenced', async (version, topics) => {
  const broker = await withDeadLeader()
  soon(() => {
    broker.tell(
      metadataRecord('BrokerRegistrationChangeRecord', {
        brokerId: dead,
        brokerEpoch: 1,
        fenced: 1,
      }),
    )
  })
  const { leaders, tookMs } = await ask(broker, version, topics)
  expect(new Set(leaders)).toEqual(new Set([3, -1]))
  expect(tookMs).toBeLessThan(atOnceMs)
})

test.each<[string, (broker: TestBroker) => void]>([
  ['it answers again', ({ held }) => held.trust(dead)],
  ['the broker stops', ({ held }) => held.drain()],
])('nobody waits any more when %s', async (_, act) => {
  const broker = await withDeadLeader()
  soon(() => act(broker))
  const { leaders, tookMs } = await ask(broker, 12, [{ name: 'orders' }])
  expect(leaders).toEqual([dead])
  expect(tookMs).toBeLessThan(atOnceMs)
})

test('answers stay in the order of requests, and a client that leaves is forgotten', async () => {
  const broker = await withDeadLeader()
  const client = await broker.client()
  const order: string[] = []
  const first = client.request('Metadata', 12, { topics: [{ name: 'orders' }] })
  const second = client.request('Metadata', 12, { topics: [{ name: 'here' }] })
  const noted = [first.then(() => order.push('first')), second.then(() => order.push('second'))]
  soon(() => broker.tell(elect(3)))
  await Promise.all(noted)
  expect(order).toEqual(['first', 'second'])

  broker.tell(elect(dead))
  broker.held.suspect(dead)
  const left = client.request('Metadata', 12, { topics: [{ name: 'orders' }] })
  const outcome = left.catch((error: Error) => error.message)
  client.close()
  expect(await outcome).toContain('closed by us')
  expect(broker.fatal).toEqual([])
})

test.each([
  [0, { key: 'g' }],
  [3, { key: 'g', keyType: 0 }],
  [6, { coordinatorKeys: ['g'] }],
])('FindCoordinator %i waits for the next coordinator', async (version, request) => {
  const broker = await withDeadLeader(offsetsTopic)
  soon(() => broker.tell(elect(3)))
  const client = await broker.client()
  const [answer, tookMs] = await timed(client.request('FindCoordinator', version, request))
  const found = version < 4 ? answer : answer.coordinators[0]
  expect(found).toMatchObject({ errorCode: 0, nodeId: 3 })
  expect(tookMs).toBeLessThan(atOnceMs)
})

test('there is no coordinator to tell where nothing was decided', async () => {
  const broker = await withDeadLeader(offsetsTopic)
  const client = await broker.client()
  const find = () => client.request('FindCoordinator', 6, { coordinatorKeys: ['g'] })
  const nobody = [{ errorCode: errorCodes.COORDINATOR_NOT_AVAILABLE, nodeId: -1 }]
  expect(await find()).toMatchObject({ coordinators: nobody })
  const [again, tookMs] = await timed(find())
  expect(again).toMatchObject({ coordinators: nobody })
  expect(tookMs).toBeLessThan(atOnceMs)
  broker.held.trust(dead)
  expect(await find()).toMatchObject({ coordinators: [{ errorCode: 0, nodeId: dead }] })
})
