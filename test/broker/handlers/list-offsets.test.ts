import { expect, test } from 'vitest'
import { errorCodes } from '../../../broker/protocol/generated/error-codes.ts'
import { uuid } from '../metadata/support.ts'
import { newLeader, newTopic, nodeId, produced, setting } from '../partition/support.ts'
import { onlyPartition, TestBroker } from './support.ts'

const written = { acks: 1, timeoutMs: 1_000 } as const

/** Offsets 0 to 5 with timestamps 100, 101, 500, 501, 200, 201. */
async function withOrders(): Promise<TestBroker> {
  const broker = await TestBroker.start()
  broker.parts.apply(...newTopic('orders', uuid(1)))
  const partition = broker.parts.partitions.leaderOf({ name: 'orders' }, 0)
  for (const timestamp of [100, 500, 200]) {
    await partition.append(produced(['a', 'b'], { timestamp }), written)
  }
  return broker
}

async function ask(
  broker: TestBroker,
  timestamp: number,
  { version = 11, isolationLevel = 0, currentLeaderEpoch = -1, name = 'orders', index = 0 } = {},
) {
  const partitions = [{ partitionIndex: index, currentLeaderEpoch, timestamp }]
  const body = { replicaId: -1, isolationLevel, topics: [{ name, partitions }] }
  const { topics } = await broker.ask('ListOffsets', version, body)
  const { errorCode, offset, timestamp: time, leaderEpoch } = onlyPartition(topics)
  return { errorCode, offset, time, leaderEpoch }
}

test.each(Array.from({ length: 11 }, (_, index) => index + 1))(
  'ListOffsets %i finds both ends and a time',
  async (version) => {
    await using broker = await withOrders()
    const leaderEpoch = version >= 4 ? 0 : -1
    const options = { version }
    const ok = { errorCode: 0, leaderEpoch }
    expect(await ask(broker, -1, options)).toEqual({ ...ok, offset: 6, time: -1 })
    expect(await ask(broker, -2, options)).toEqual({ ...ok, offset: 0, time: -1 })
    expect(await ask(broker, 101, options)).toEqual({ ...ok, offset: 1, time: 101 })
    expect(await ask(broker, 102, options)).toEqual({ ...ok, offset: 2, time: 500 })
    expect((await ask(broker, 502, options)).offset).toBe(-1)
  },
)

test.each([
  ['the largest timestamp', -3, 7, { offset: 3, time: 501, leaderEpoch: 0 }],
  ['the earliest that is local', -4, 8, { offset: 0, time: -1, leaderEpoch: 0 }],
  ['the latest that is tiered, of which there is none', -5, 9, none()],
  ['the earliest that is to be tiered, of which there is none', -6, 11, none()],
])('%s is known since its version, and not before', async (_, timestamp, since, found) => {
  await using broker = await withOrders()
  expect(await ask(broker, timestamp, { version: since })).toEqual({ errorCode: 0, ...found })
  const before = await ask(broker, timestamp, { version: since - 1 })
  expect(before).toMatchObject({ errorCode: errorCodes.UNSUPPORTED_VERSION, offset: -1 })
})

function none() {
  return { offset: -1, time: -1, leaderEpoch: -1 }
}

test('an empty partition has both ends at 0, and nothing at any time', async () => {
  await using broker = await TestBroker.start()
  broker.parts.apply(...newTopic('orders', uuid(1)))
  expect(await ask(broker, -1)).toMatchObject({ errorCode: 0, offset: 0 })
  expect(await ask(broker, -2)).toMatchObject({ errorCode: 0, offset: 0 })
  for (const timestamp of [-3, 0, 1_000]) {
    expect(await ask(broker, timestamp)).toEqual({ errorCode: 0, ...none() })
  }
})

test('nothing is found that a consumer may not read yet', async () => {
  await using broker = await withOrders()
  const partition = broker.parts.partitions.leaderOf({ name: 'orders' }, 0)
  const open = { producerId: 5, producerEpoch: 0, baseSequence: 0, isTransactional: true }
  await partition.append(produced(['c'], { ...open, timestamp: 900 }), written)
  expect(await ask(broker, -1)).toMatchObject({ offset: 7 })
  expect(await ask(broker, 900)).toMatchObject({ offset: 6 })
  const committed = { isolationLevel: 1 }
  expect(await ask(broker, -1, committed)).toMatchObject({ offset: 6 })
  expect(await ask(broker, 900, committed)).toEqual({ errorCode: 0, ...none() })
  expect(await ask(broker, -3, committed)).toEqual({ errorCode: 0, ...none() })
  // What is written is not durable yet where it has to be.
  broker.parts.apply(setting('orders', 'kavka.flush', 'Always'))
  expect((await ask(broker, -1)).offset).toBe(partition.highWatermark())
})

test('a client at another epoch hears so, and the epoch of what is found is told', async () => {
  await using broker = await withOrders()
  broker.parts.apply(newLeader(uuid(1), 0, nodeId))
  const fenced = await ask(broker, -1, { currentLeaderEpoch: 0 })
  expect(fenced.errorCode).toBe(errorCodes.FENCED_LEADER_EPOCH)
  const unknown = await ask(broker, -1, { currentLeaderEpoch: 2 })
  expect(unknown.errorCode).toBe(errorCodes.UNKNOWN_LEADER_EPOCH)
  expect(await ask(broker, -1, { currentLeaderEpoch: 1 })).toMatchObject({ leaderEpoch: 1 })
  expect(await ask(broker, 100)).toMatchObject({ leaderEpoch: 0 })
  const missing = await ask(broker, -1, { index: 3 })
  expect(missing.errorCode).toBe(errorCodes.UNKNOWN_TOPIC_OR_PARTITION)
})
