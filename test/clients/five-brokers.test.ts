import { Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { clusterManifest, RunningKavka, whyNoUp } from '../support/kavka.ts'
import { leadersOf, valuesIn } from './read-values.ts'

const noUp = whyNoUp()
beforeEach(({ skip }) => skip(noUp !== undefined, noUp))

let kavka: RunningKavka
beforeAll(async () => {
  if (noUp !== undefined) return
  kavka = await RunningKavka.start({ brokers: 5, topics: { orders: { partitions: 100 } } })
}, 120_000)
afterAll(() => kavka?.[Symbol.asyncDispose](), 60_000)

const long = { timeout: 120_000 }

test(
  'partitions are spread evenly over five brokers, and clients find every leader',
  long,
  async () => {
    await kavka.until('all led', ({ topics }) => {
      const orders = topics.find(({ name }) => name === 'orders')
      return orders?.partitions.every(({ leader }) => leader !== null) === true
    })
    const leaders = await leadersOf(kavka.bootstrapServers, 'orders')
    expect(leaders).toHaveLength(100)
    const counts = [...Map.groupBy(leaders, ({ leader }) => leader).values()].map(
      ({ length }) => length,
    )
    expect(counts).toEqual([20, 20, 20, 20, 20])

    await send(
      Array.from({ length: 100 }, (_, partition) => ({ partition, value: `${partition}` })),
    )
    const values = await valuesIn(kavka.bootstrapServers, 'orders')
    expect(values).toEqual(Array.from({ length: 100 }, (_, partition) => `${partition}`))
  },
)

test('a broker that is killed comes back with its partitions', long, async () => {
  const { brokers } = (await kavka.status()) ?? { brokers: [] }
  const { id, pid } = brokers[2] as { id: number; pid: number }
  process.kill(pid, 'SIGKILL')
  await kavka.until('back', (status) => {
    const broker = status.brokers.find((own) => own.id === id)
    return broker?.state === 'Ready' && broker.pid !== pid
  })
  await kavka.until('led again', ({ topics }) => {
    const orders = topics.find(({ name }) => name === 'orders')
    return orders?.partitions.every(({ leader }) => leader !== null) === true
  })
  const values = await valuesIn(kavka.bootstrapServers, 'orders')
  expect(values).toHaveLength(100)
})

test('a broker more in the file is a broker more, which new partitions go to', long, async () => {
  kavka.write('cluster.yaml', clusterManifest({ brokers: 6 }))
  await kavka.ready(6)
  kavka.write('more.yaml', more)
  const status = await kavka.until('topic made', ({ topics }) => {
    const found = topics.find(({ name }) => name === 'more')
    return found?.partitions.every(({ leader }) => leader !== null) === true
  })
  const leaders = status.topics.find(({ name }) => name === 'more')?.partitions ?? []
  expect(leaders.some(({ leader }) => leader === 5)).toBe(true)
})

const more = `
apiVersion: kavka.dev/v1alpha1
kind: Topic
metadata: {name: more}
spec: {clusterRef: {name: demo}, partitions: 12, replicationFactor: 1}
`

async function send(messages: { partition: number; value: string }[]): Promise<void> {
  const kafka = new Kafka({
    clientId: 'five',
    brokers: [kavka.bootstrapServers],
    logLevel: logLevel.NOTHING,
  })
  const producer = kafka.producer()
  await producer.connect()
  await producer.send({ topic: 'orders', messages, acks: -1 })
  await producer.disconnect()
}
