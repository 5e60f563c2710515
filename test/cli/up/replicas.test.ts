import { type Admin, ConfigResourceTypes, Kafka, logLevel } from 'kafkajs'
import { describe, expect, test } from 'vitest'
import type { ClusterStatus } from '../../../operator/embedded/status.ts'
import { type KavkaOptions, RunningKavka, topicManifest } from '../../support/kavka.ts'

const long = { timeout: 60_000 }

const story = test.extend<{ start: (options?: KavkaOptions) => Promise<RunningKavka> }>({
  start: async ({ onTestFinished }, use) => {
    await use(async (options = {}) => {
      const kavka = await RunningKavka.start(options)
      onTestFinished(() => kavka[Symbol.asyncDispose]())
      return kavka
    })
  },
}).concurrent

function clientOf({ bootstrapServers }: RunningKavka): Kafka {
  return new Kafka({ brokers: [bootstrapServers], logLevel: logLevel.NOTHING })
}

async function administer<T>(kavka: RunningKavka, act: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = clientOf(kavka).admin()
  await admin.connect()
  try {
    return await act(admin)
  } finally {
    await admin.disconnect()
  }
}

/** Makes the topic, too. */
async function send(kavka: RunningKavka, topic: string): Promise<void> {
  const producer = clientOf(kavka).producer()
  await producer.connect()
  await producer.send({ topic, messages: [{ value: 'first' }], acks: 1 })
  await producer.disconnect()
}

function topicIn({ topics }: ClusterStatus, name: string) {
  return topics.find((topic) => topic.name === name)
}

const byId = (a: number | null, b: number | null) => (a ?? -1) - (b ?? -1)

const replicasOf = (status: ClusterStatus, name: string) =>
  topicIn(status, name)?.partitions.map(({ replicas }) => replicas)

story(
  'each partition has as many replicas as its topic says, all in sync from the beginning',
  long,
  async ({ start }) => {
    const topics = { orders: { partitions: 3, replicationFactor: 3 } }
    const kavka = await start({ brokers: 3, topics })
    const status = await kavka.until('made', (now) => topicIn(now, 'orders') !== undefined)
    for (const { replicas, isr } of topicIn(status, 'orders')?.partitions ?? []) {
      expect(replicas.toSorted(byId)).toEqual([0, 1, 2])
      expect(isr.toSorted(byId)).toEqual([0, 1, 2])
    }
    const leaders = topicIn(status, 'orders')?.partitions.map(({ leader }) => leader)
    expect(leaders?.toSorted(byId)).toEqual([0, 1, 2])
    expect(await kavka.statusText()).toMatch(/^ {2}orders +3 +3 +3 +0,1,2/m)
  },
)

story(
  'topics that do not say have three replicas, also those that clients make and those of groups',
  long,
  async ({ start }) => {
    const left = undefined
    const config = { 'default.replication.factor': left, 'min.insync.replicas': left }
    const kavka = await start({ brokers: 3, config })
    const made = await administer(kavka, async (admin) => {
      await admin.createTopics({ topics: [{ topic: 'clicks', numPartitions: 2 }] })
      await send(kavka, 'auto')
      await admin.describeGroups(['g']) // it asks for its coordinator
      return kavka.until('all made', (status) => {
        return ['clicks', 'auto', '__consumer_offsets'].every((name) => topicIn(status, name))
      })
    })
    for (const name of ['clicks', 'auto', '__consumer_offsets']) {
      for (const replicas of replicasOf(made, name) ?? []) {
        expect(replicas.toSorted(byId), name).toEqual([0, 1, 2])
      }
    }
    const { resources } = await administer(kavka, (admin) => {
      const names = { type: ConfigResourceTypes.TOPIC, configNames: ['min.insync.replicas'] }
      return admin.describeConfigs({
        resources: [{ ...names, name: '__consumer_offsets' }],
        includeSynonyms: false,
      })
    })
    expect(resources[0]?.configEntries[0]?.configValue).toBe('2')
  },
)

story('replicas stand in the racks that the manifest names', long, async ({ start }) => {
  const kavka = await start({
    brokers: 4,
    racks: ['a', 'b'],
    topics: { orders: { partitions: 4, replicationFactor: 2 } },
  })
  const status = await kavka.until('made', (now) => topicIn(now, 'orders') !== undefined)
  for (const replicas of replicasOf(status, 'orders') ?? []) {
    expect(new Set(replicas.map((id) => id % 2)).size).toBe(2)
  }
})

describe('more replicas than brokers', () => {
  story(
    'are told by file and line, and by the condition of the topic; others are made',
    long,
    async ({ start }) => {
      const kavka = await start()
      const many = topicManifest('many', { partitions: 1, replicationFactor: 3 })
      kavka.write('many.yaml', many + topicManifest('few', { partitions: 1 }))
      await kavka.saying(
        'many.yaml:8: Topic many: spec.replicationFactor: must be at most spec.brokers.replicas of KafkaCluster demo, found 3 with 1 broker',
      )
      const status = await kavka.until('made', (now) => topicIn(now, 'few') !== undefined)
      expect(topicIn(status, 'many')).toBeUndefined()
      expect(await kavka.statusText()).toContain('Topic many: InsufficientBrokers: ')
    },
  )

  story('leave a topic that is there as it is', long, async ({ start }) => {
    const kavka = await start({ topics: { orders: { partitions: 1 } } })
    await kavka.until('made', (now) => topicIn(now, 'orders') !== undefined)
    kavka.write('topics.yaml', topicManifest('orders', { partitions: 1, replicationFactor: 2 }))
    await kavka.saying(
      'Topic orders: spec.replicationFactor: must be at most spec.brokers.replicas',
    )
    expect(replicasOf((await kavka.status()) as ClusterStatus, 'orders')).toEqual([[0]])
  })
})

story('another replicationFactor is carried out', long, async ({ start }) => {
  const kavka = await start({ brokers: 3, topics: { orders: { partitions: 3 } } })
  const before = await kavka.until('made', (now) => topicIn(now, 'orders') !== undefined)
  kavka.write('topics.yaml', topicManifest('orders', { partitions: 3, replicationFactor: 3 }))
  await kavka.saying('Topic orders: is to have 3 replicas of each partition')
  const after = await kavka.until('on its way', (now) => {
    return replicasOf(now, 'orders')?.every(({ length }) => length === 3) === true
  })
  const first = (status: ClusterStatus) => replicasOf(status, 'orders')?.map(([id]) => id)
  expect(first(after)).toEqual(first(before))
  // Back again, wherever it got to: those that were there have it all.
  kavka.write('topics.yaml', topicManifest('orders', { partitions: 3, replicationFactor: 1 }))
  const back = await kavka.until('back', (now) => {
    return replicasOf(now, 'orders')?.every(({ length }) => length === 1) === true
  })
  expect(first(back)).toEqual(first(before))
})
