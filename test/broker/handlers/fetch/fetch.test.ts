import { expect, test } from 'vitest'
import type { RequestInputOf } from '../../../../broker/protocol/apis.ts'
import { errorCodes } from '../../../../broker/protocol/generated/error-codes.ts'
import { baseOffsetOf } from '../../../../broker/protocol/records/header.ts'
import { readRecords } from '../../../../broker/protocol/records/read.ts'
import { batchStarts } from '../../../../broker/protocol/records/walk.ts'
import { ManualClock } from '../../../support/manual-clock.ts'
import { uuid } from '../../metadata/support.ts'
import { until } from '../../net/support.ts'
import { newLeader, newTopic, nodeId, produced } from '../../partition/support.ts'
import { type FetchWish, fetchOf, onlyPartition, produceOf, TestBroker } from '../support.ts'

async function withOrders(count = 1): Promise<TestBroker> {
  const broker = await TestBroker.start()
  broker.parts.apply(...newTopic('orders', uuid(1), { count }), ...newTopic('carts', uuid(2)))
  return broker
}

async function produce(broker: TestBroker, values: string[], name = 'orders', index = 0) {
  await broker.ask('Produce', 9, produceOf(name, produced(values), { index }))
}

function offsetsOf(records: Uint8Array | null): number[] {
  const bytes = records ?? new Uint8Array(0)
  return [...batchStarts(bytes)].map((start) => baseOffsetOf(bytes, start))
}

test.each(Array.from({ length: 15 }, (_, index) => index + 4))(
  'Fetch %i gets the same batches, by name or by id',
  async (version) => {
    await using broker = await withOrders()
    await produce(broker, ['a', 'b'])
    await produce(broker, ['c'])
    const topic = version >= 13 ? { topicId: uuid(1) } : { name: 'orders' }
    const { responses } = await broker.ask('Fetch', version, fetchOf([{ ...topic, offset: 1 }]))
    const partition = onlyPartition(responses)
    expect(partition).toMatchObject({ errorCode: 0, highWatermark: 3, lastStableOffset: 3 })
    expect(partition.abortedTransactions).toBeNull()
    expect(offsetsOf(partition.records)).toEqual([0, 2])
  },
)

test('records come as they were sent', async () => {
  await using broker = await withOrders()
  await produce(broker, ['one', 'two'])
  const { responses } = await broker.ask('Fetch', 12, fetchOf([{ name: 'orders' }]))
  const batch = onlyPartition(responses).records as Uint8Array
  const records = readRecords(batch, { budget: { remainingBytes: 1_000 } })
  expect(records.map(({ value }) => Buffer.from(value as Uint8Array).toString())).toEqual([
    'one',
    'two',
  ])
})

test.each<[string, FetchWish, string, Partial<RequestInputOf<'Fetch'>>?]>([
  ['an unknown topic', { name: 'none' }, 'UNKNOWN_TOPIC_OR_PARTITION'],
  ['an unknown partition', { name: 'orders', partition: 9 }, 'UNKNOWN_TOPIC_OR_PARTITION'],
  ['an offset behind the end', { name: 'orders', offset: 4 }, 'OFFSET_OUT_OF_RANGE'],
  ['a negative offset', { name: 'orders', offset: -1 }, 'OFFSET_OUT_OF_RANGE'],
  ['an epoch that is over', { name: 'orders', currentLeaderEpoch: 2 }, 'FENCED_LEADER_EPOCH'],
  ['an epoch to come', { name: 'orders', currentLeaderEpoch: 4 }, 'UNKNOWN_LEADER_EPOCH'],
])('%s is answered at once', async (_, wish, code) => {
  await using broker = await TestBroker.start()
  broker.parts.apply(...newTopic('orders', uuid(1), { leaderEpoch: 3 }))
  await produce(broker, ['a', 'b', 'c'])
  const { responses } = await broker.ask('Fetch', 12, fetchOf([wish], { maxWaitMs: 60_000 }))
  expect(onlyPartition(responses)).toMatchObject({
    errorCode: errorCodes[code as 'NONE'],
    highWatermark: -1,
  })
})

test('an id that no topic has is unknown, beside others that are read', async () => {
  await using broker = await withOrders()
  await produce(broker, ['a'])
  const wishes = [{ topicId: uuid(9) }, { topicId: uuid(1) }]
  const { responses } = await broker.ask('Fetch', 13, fetchOf(wishes))
  expect(responses.map(({ partitions }) => partitions[0]?.errorCode)).toEqual([
    errorCodes.UNKNOWN_TOPIC_ID,
    0,
  ])
})

test('who does not lead says who does since version 16', async () => {
  await using broker = await TestBroker.start()
  broker.parts.apply(
    broker.registration(2),
    ...newTopic('orders', uuid(1), { leader: 2, leaderEpoch: 6 }),
  )
  const answer = await broker.ask('Fetch', 16, fetchOf([{ topicId: uuid(1) }]))
  expect(onlyPartition(answer.responses)).toMatchObject({
    errorCode: errorCodes.NOT_LEADER_OR_FOLLOWER,
    currentLeader: { leaderId: 2, leaderEpoch: 6 },
  })
  expect(answer.nodeEndpoints).toMatchObject([{ nodeId: 2, port: 9_092 }])
  const old = await broker.ask('Fetch', 15, fetchOf([{ topicId: uuid(1) }]))
  expect(onlyPartition(old.responses).currentLeader.leaderId).toBe(-1)
})

test('a reader whose last batch is of an epoch that ended earlier hears where', async () => {
  await using broker = await withOrders()
  await produce(broker, ['a', 'b'])
  broker.parts.apply(newLeader(uuid(1), 0, nodeId))
  await produce(broker, ['c'])
  const wish = { name: 'orders', offset: 3, lastFetchedEpoch: 0 }
  const { responses } = await broker.ask('Fetch', 12, fetchOf([wish], { maxWaitMs: 60_000 }))
  expect(onlyPartition(responses).divergingEpoch).toEqual({ epoch: 0, endOffset: 2 })
})

test('nobody from outside may fetch as a broker', async () => {
  await using broker = await withOrders()
  await produce(broker, ['a'])
  const asFollower: [number, Partial<RequestInputOf<'Fetch'>>, FetchWish][] = [
    [11, { replicaId: 2 }, { name: 'orders' }],
    [17, { replicaState: { replicaId: 2, replicaEpoch: 5 } }, { topicId: uuid(1) }],
  ]
  for (const [version, more, wish] of asFollower) {
    const { responses } = await broker.ask('Fetch', version, fetchOf([wish], more))
    const { errorCode, records } = onlyPartition(responses)
    expect(errorCode).toBe(errorCodes.TOPIC_AUTHORIZATION_FAILED)
    expect(records).toHaveLength(0)
  }
})

test('the first partition that has anything gives a batch, however small the limits are', async () => {
  await using broker = await withOrders(3)
  for (const index of [1, 2]) await produce(broker, ['x'.repeat(500)], 'orders', index)
  const wishes = [0, 1, 2].map((partition) => ({ name: 'orders', partition, maxBytes: 10 }))
  const { responses } = await broker.ask('Fetch', 11, fetchOf(wishes, { maxBytes: 20 }))
  const sizes = responses.flatMap(({ partitions }) =>
    partitions.map(({ records }) => records?.byteLength ?? 0),
  )
  expect(sizes[0]).toBe(0)
  expect(sizes[1]).toBeGreaterThan(500)
  expect(sizes[2]).toBe(0)
})

test('an answer is no larger than asked for, in whole batches', async () => {
  await using broker = await withOrders(4)
  for (let index = 0; index < 4; index++) {
    for (let i = 0; i < 5; i++) await produce(broker, ['x'.repeat(100)], 'orders', index)
  }
  const wishes = [0, 1, 2, 3].map((partition) => ({ name: 'orders', partition }))
  const { responses } = await broker.ask('Fetch', 11, fetchOf(wishes, { maxBytes: 1_300 }))
  const counts = responses.flatMap(({ partitions }) =>
    partitions.map(({ records }) => offsetsOf(records).length),
  )
  expect(counts).toEqual([5, 2, 0, 0])
})

test('batches that are not in memory any more come from the file', async () => {
  await using broker = await TestBroker.start({ tailBytes: 0 })
  broker.parts.apply(...newTopic('orders', uuid(1)))
  for (const value of ['a', 'b', 'c']) await produce(broker, [value])
  const { responses } = await broker.ask('Fetch', 12, fetchOf([{ name: 'orders' }]))
  expect(offsetsOf(onlyPartition(responses).records)).toEqual([0, 1, 2])
})

test('a Fetch waits for as many bytes as it wants, of all its partitions together', async () => {
  await using broker = await withOrders(2)
  const connection = await broker.connect()
  const wishes = [0, 1].map((partition) => ({ name: 'orders', partition }))
  let isAnswered = false
  const asked = connection
    .request('Fetch', 11, fetchOf(wishes, { maxWaitMs: 20_000, minBytes: 300 }))
    .finally(() => void (isAnswered = true))
  await produce(broker, ['x'.repeat(100)], 'orders', 0)
  expect(isAnswered).toBe(false)
  await produce(broker, ['x'.repeat(200)], 'orders', 1)
  const { responses } = await asked
  const sizes = responses.flatMap(({ partitions }) => partitions.map((own) => own.records?.length))
  expect(sizes.every((size) => (size ?? 0) > 100)).toBe(true)
})

test('a Fetch that waits is answered within 5 ms of the append', async () => {
  await using broker = await withOrders()
  await produce(broker, ['made'])
  const consumer = await broker.connect()
  const delays: number[] = []
  for (let offset = 1; offset <= 30; offset++) {
    const wish = { name: 'orders', offset }
    const asked = consumer.request('Fetch', 11, fetchOf([wish], { maxWaitMs: 20_000 }))
    await broker.ask('Metadata', 1, { topics: [] }) // the Fetch has come before this is answered
    const { partitions } = broker.parts
    await partitions.leaderOf({ name: 'orders' }, 0).append(produced(['next']), {
      acks: 1,
      timeoutMs: 1_000,
    })
    const appendedMs = performance.now()
    expect(offsetsOf(onlyPartition((await asked).responses).records)).toEqual([offset])
    delays.push(performance.now() - appendedMs)
  }
  // With the machine busy with others, some of them may take longer.
  expect(delays.toSorted((a, b) => a - b)[15]).toBeLessThan(5)
})

test('a Fetch that nothing comes for is answered when its time is over', async () => {
  await using broker = await withOrders()
  const beganMs = performance.now()
  const wait = fetchOf([{ name: 'orders' }], { maxWaitMs: 100 })
  const { responses } = await broker.ask('Fetch', 11, wait)
  expect(performance.now() - beganMs).toBeGreaterThanOrEqual(99)
  expect(onlyPartition(responses)).toMatchObject({ errorCode: 0, highWatermark: 0 })
})

test('a Fetch that waits hears at once that its partition moved, or is gone', async () => {
  await using broker = await withOrders()
  const connection = await broker.connect()
  const asked = connection.request(
    'Fetch',
    12,
    fetchOf([{ name: 'orders' }], { maxWaitMs: 60_000 }),
  )
  await broker.ask('Metadata', 1, { topics: [] })
  broker.parts.apply(newLeader(uuid(1), 0, -1))
  const { errorCode } = onlyPartition((await asked).responses)
  expect(errorCode).toBe(errorCodes.NOT_LEADER_OR_FOLLOWER)
})

test('a Fetch whose connection closes leaves nothing behind', async () => {
  await using broker = await withOrders()
  await produce(broker, ['a'])
  const partition = broker.parts.partitions.leaderOf({ name: 'orders' }, 0)
  const waiting = () => partition.waiterCount
  const connection = await broker.connect()
  const wait = fetchOf([{ name: 'orders', offset: 1 }], { maxWaitMs: 60_000 })
  const asked = connection.request('Fetch', 11, wait).catch(() => 'closed')
  await broker.ask('Metadata', 1, { topics: [] })
  expect(waiting()).toBe(1)
  connection.close()
  expect(await asked).toBe('closed')
  while (waiting() > 0) await broker.ask('Metadata', 1, { topics: [] })
})

test('who reads what is committed hears of aborted transactions, up to the last stable offset', async () => {
  await using broker = await withOrders()
  const { partitions } = broker.parts
  const partition = partitions.leaderOf({ name: 'orders' }, 0)
  const open = { producerId: 5, producerEpoch: 0, baseSequence: 0, isTransactional: true }
  await partition.append(produced(['in a transaction'], open), { acks: 1, timeoutMs: 1_000 })
  await partition.append(produced(['plain']), { acks: 1, timeoutMs: 1_000 })
  const ask = async (isolationLevel: number) => {
    const { responses } = await broker.ask(
      'Fetch',
      11,
      fetchOf([{ name: 'orders' }], { isolationLevel }),
    )
    return onlyPartition(responses)
  }
  expect(await ask(1)).toMatchObject({
    highWatermark: 2,
    lastStableOffset: 0,
    abortedTransactions: [],
    records: new Uint8Array(0),
  })
  expect(offsetsOf((await ask(0)).records)).toEqual([0, 1])
})

test('a Fetch that waits has one timer, however many partitions it has, and takes it back', async () => {
  const clock = new ManualClock()
  await using broker = await TestBroker.start({ clock })
  broker.parts.apply(...newTopic('orders', uuid(1), { count: 50 }))
  const connection = await broker.connect()
  const wishes = Array.from({ length: 50 }, (_, partition) => ({ name: 'orders', partition }))
  const wait = fetchOf(wishes, { maxWaitMs: 500 })
  const first = connection.request('Fetch', 11, wait)
  await until(() => clock.pending === 1, 'it waits')
  const last = broker.parts.partitions.leaderOf({ name: 'orders' }, 49)
  await last.append(produced(['a']), { acks: 0, timeoutMs: 0 })
  const { responses } = await first
  expect(responses.flatMap(({ partitions }) => partitions).at(-1)?.records?.length).toBeGreaterThan(
    0,
  )
  expect(clock.pending).toBe(0)
  const second = connection.request('Fetch', 11, fetchOf([{ name: 'orders' }], { maxWaitMs: 500 }))
  await until(() => clock.pending === 1, 'it waits')
  await clock.advance(500)
  expect(onlyPartition((await second).responses).errorCode).toBe(0)
  expect(clock.pending).toBe(0)
})
