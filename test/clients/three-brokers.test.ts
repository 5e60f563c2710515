import { Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { ClientConnection } from '../../broker/net/client-connection.ts'
import { connect } from '../../broker/net/connect.ts'
import { errorCodes } from '../../broker/protocol/generated/error-codes.ts'
import { realClock } from '../../lib/clock.ts'
import { whyLater } from '../support/effort.ts'
import { RunningKavka, whyNoUp } from '../support/kavka.ts'
import { EndlessProducer } from './endless-producer.ts'
import { patientKafka } from './patient-kafka.ts'

const noUp = whyNoUp()
beforeEach(({ skip }) => skip(noUp !== undefined, noUp))

const brokers = 3
const topic = (partitions: number, minInsync = 2) => {
  const config = { 'min.insync.replicas': `${minInsync}` }
  return { partitions, replicationFactor: 3, config }
}

let kavka: RunningKavka
let bootstrapServers: string
beforeAll(async () => {
  if (noUp !== undefined) return
  kavka = await RunningKavka.start({
    brokers,
    config: { 'default.replication.factor': undefined, 'min.insync.replicas': undefined },
    topics: {
      killed: topic(3),
      restarted: topic(3),
      'all-killed': topic(3),
      forged: topic(1, 3),
      read: topic(2),
    },
  })
  ;({ bootstrapServers } = await kavka.whole(brokers))
}, 60_000)
afterAll(() => kavka?.[Symbol.asyncDispose](), 60_000)

const long = { timeout: 120_000 }
const nothingAmiss = { lost: 0, twice: 0, disordered: 0 }

test(
  'whose leaders are killed has all that was acknowledged, once and in order',
  long,
  async () => {
    await using producer = new EndlessProducer(bootstrapServers, { topic: 'killed', partitions: 3 })
    for (let round = 0; round < 3; round++) {
      await producer.more()
      const pid = await kavka.pidOf(await leaderOf('killed'))
      process.kill(pid, 'SIGKILL')
      await producer.more() // of all partitions: of those that it has led, too
      await kavka.whole(brokers, [pid])
    }
    expect(await producer.verdict()).toEqual(nothingAmiss)
    expect(producer.failures).toEqual([])
  },
)

test('while each broker in turn is stopped and started again, nothing fails', long, async () => {
  const own = { topic: 'restarted', partitions: 3 }
  await using producer = new EndlessProducer(bootstrapServers, own)
  for (let broker = 0; broker < brokers; broker++) {
    await producer.more()
    const pid = await kavka.pidOf(broker)
    process.kill(pid, 'SIGTERM')
    await kavka.whole(brokers, [pid])
  }
  await producer.more()
  expect(producer.failures).toEqual([])
  expect(await producer.verdict()).toEqual(nothingAmiss)
})

test('when all are killed at once nothing is lost that was acknowledged', long, async () => {
  const own = { topic: 'all-killed', partitions: 3 }
  await using producer = new EndlessProducer(bootstrapServers, own)
  await producer.more()
  const pids = await Promise.all([0, 1, 2].map((broker) => kavka.pidOf(broker)))
  for (const pid of pids) process.kill(pid, 'SIGKILL')
  await kavka.whole(brokers, pids)
  await producer.more()
  expect(await producer.verdict()).toEqual(nothingAmiss)
  expect(producer.failures).toEqual([])
})

test('a client that says it is a follower is refused, and commits nothing', long, async () => {
  const leader = await leaderOf('forged')
  const follower = [0, 1, 2].find((id) => id !== leader) as number
  const status = await kavka.status()
  const topicId = status?.topics.find(({ name }) => name === 'forged')?.topicId as string
  await using client = await dial(leader)
  const pid = await kavka.pidOf(follower)
  process.kill(pid, 'SIGSTOP')
  try {
    await producedWithAcks1('forged')
    expect(await highWatermark(client, 'forged')).toBe(0)
    const partition = { partition: 0, fetchOffset: 1, partitionMaxBytes: 1_000 }
    const fetch = { maxWaitMs: 0, minBytes: 0, maxBytes: 1_000 }
    const session = { sessionId: 0, sessionEpoch: -1 }
    const refusals = [0, 1, 2].flatMap((replicaId) => [
      client.request('Fetch', 11, {
        ...fetch,
        ...session,
        replicaId,
        topics: [{ topic: 'forged', partitions: [partition] }],
      }),
      client.request('Fetch', 17, {
        ...fetch,
        ...session,
        replicaState: { replicaId, replicaEpoch: 1_000_000 },
        topics: [{ topicId, partitions: [partition] }],
      }),
    ])
    const codes = (await Promise.all(refusals)).map(({ errorCode }) => errorCode)
    expect(codes).toEqual(Array(6).fill(errorCodes.CLUSTER_AUTHORIZATION_FAILED))
    expect(await highWatermark(client, 'forged')).toBe(0)
  } finally {
    goOnIfThere(pid)
  }
  await kavka.whole(brokers)
  await expect.poll(() => highWatermark(client, 'forged'), { timeout: 20_000 }).toBe(1)
})

test('a group goes on while its coordinator is killed, from where it has committed', {
  ...long,
  skip: whyLater !== undefined,
}, async () => {
  await using producer = new EndlessProducer(bootstrapServers, { topic: 'read', partitions: 2 })
  const groupId = 'goes-on'
  const kafka = patientKafka(bootstrapServers, 'reader')
  const consumer = kafka.consumer({
    groupId,
    sessionTimeout: 6_000,
    heartbeatInterval: 500,
    maxWaitTimeInMs: 100,
  })
  const read: number[][] = [[], []]
  const committed = [0, 0]
  await consumer.connect()
  try {
    await consumer.subscribe({ topics: ['read'], fromBeginning: true })
    await consumer.run({
      autoCommit: false,
      async eachBatch({ batch: { partition, messages } }) {
        const numbers = messages.map(({ value }) => Number(`${value}`.split(' ')[1]))
        read[partition]?.push(...numbers)
        const next = Number(messages.at(-1)?.offset) + 1
        await consumer.commitOffsets([{ topic: 'read', partition, offset: `${next}` }])
        committed[partition] = next
      },
    })
    const moreCommitted = async () => {
      const before = [...committed]
      await poll(() => committed.every((offset, partition) => offset > (before[partition] ?? 0)))
    }
    for (let round = 0; round < 2; round++) {
      await moreCommitted()
      const pid = await kavka.pidOf(await coordinatorOf(groupId))
      process.kill(pid, 'SIGKILL')
      await moreCommitted()
      await kavka.whole(brokers, [pid])
    }
    await producer.end()
    await poll(() => committed.every((offset, partition) => offset === producer.counts[partition]))
  } finally {
    await consumer.disconnect()
  }
  const all = producer.counts.map((count) => [...Array(count).keys()])
  expect(read.map((numbers) => [...new Set(numbers)])).toEqual(all)
  const admin = kafka.admin()
  await admin.connect()
  const [kept] = await admin.fetchOffsets({ groupId, topics: ['read'] })
  await admin.disconnect()
  const offsets = kept?.partitions.toSorted((a, b) => a.partition - b.partition)
  expect(offsets?.map(({ offset }) => Number(offset))).toEqual(committed)
})

/** What it was silent to has killed it, if it was silent for long. */
function goOnIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGCONT')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

async function leaderOf(name: string): Promise<number> {
  const { topics } = await kavka.whole(brokers)
  const leader = topics.find((topic) => topic.name === name)?.partitions[0]?.leader
  if (leader === null || leader === undefined) throw new Error(`${name} has no leader`)
  return leader
}

async function coordinatorOf(groupId: string): Promise<number> {
  await using client = await dial(0)
  const { errorCode, nodeId } = await client.request('FindCoordinator', 2, { key: groupId })
  if (errorCode !== 0) throw new Error(`FindCoordinator was answered ${errorCode}`)
  return nodeId
}

/** With acks=1, so that it does not wait for followers. */
async function producedWithAcks1(name: string): Promise<void> {
  const kafka = new Kafka({ brokers: bootstrapServers.split(','), logLevel: logLevel.NOTHING })
  const producer = kafka.producer()
  await producer.connect()
  await producer.send({ topic: name, messages: [{ value: 'not everywhere yet' }], acks: 1 })
  await producer.disconnect()
}

async function highWatermark({ request }: Dialled, name: string): Promise<number | undefined> {
  const partition = { partition: 0, fetchOffset: 0, partitionMaxBytes: 1_000 }
  const { responses } = await request('Fetch', 11, {
    maxWaitMs: 0,
    minBytes: 0,
    maxBytes: 1_000,
    topics: [{ topic: name, partitions: [partition] }],
  })
  return responses[0]?.partitions[0]?.highWatermark
}

type Dialled = Pick<ClientConnection, 'request'> & AsyncDisposable

async function dial(broker: number): Promise<Dialled> {
  const address = { host: 'localhost', port: kavka.basePort + broker }
  const connection = await connect({ ...address, clock: realClock, clientId: 'three-brokers' })
  return {
    request: connection.request.bind(connection),
    [Symbol.asyncDispose]: async () => connection.close(),
  }
}

/** As long as a client may take that lost its coordinator: kafkajs waits for a session of 30 s at times. */
async function poll(holds: () => boolean): Promise<void> {
  await expect.poll(holds, { timeout: 60_000, interval: 20 }).toBe(true)
}
