import { type Admin, Kafka, logLevel, type Producer } from 'kafkajs'
import { expect, onTestFinished, test } from 'vitest'
import type { RequestInputOf } from '../../broker/protocol/apis.ts'
import { errorCodes } from '../../broker/protocol/generated/error-codes.ts'
import type { Controller } from '../../operator/controller/controller.ts'
import { leadersOf } from '../clients/read-values.ts'
import { startController } from '../support/test-controller.ts'
import { freePort, optionsIn, RunningBroker, temporaryFolder } from './running-broker.ts'

const long = { timeout: 30_000 }
const topicType = 2
const operations = { set: 0, unset: 1, append: 2 } as const

test(
  'a topic is given more partitions, which are led and can be written at once',
  long,
  async () => {
    const { admin, producer, bootstrapServer } = await startKafka()
    await admin.createTopics({ topics: [{ topic: 'orders', numPartitions: 1 }] })
    await admin.createPartitions({ topicPartitions: [{ topic: 'orders', count: 3 }] })
    expect(await leadersOf(bootstrapServer, 'orders')).toHaveLength(3)
    const [sent] = await producer.send({
      topic: 'orders',
      messages: [{ partition: 2, value: 'a' }],
    })
    expect(sent).toMatchObject({ partition: 2, errorCode: 0, baseOffset: '0' })

    const fewer = { topicPartitions: [{ topic: 'orders', count: 2 }] }
    await expect(admin.createPartitions(fewer)).rejects.toMatchObject({
      type: 'INVALID_PARTITIONS',
    })
    expect(await leadersOf(bootstrapServer, 'orders')).toHaveLength(3)
  },
)

test('settings of a topic are changed, told, and taken back', long, async () => {
  const { admin } = await startKafka()
  await admin.createTopics({ topics: [{ topic: 'orders' }] })
  await alter(admin, { 'retention.ms': '5000', 'segment.ms': '7000' })
  expect(await described(admin, 'retention.ms')).toMatchObject({ configValue: '5000' })
  // AlterConfigs leaves what it names, and nothing else.
  await alter(admin, { 'retention.ms': '6000' })
  expect(await described(admin, 'retention.ms')).toMatchObject({ configValue: '6000' })
  expect(await described(admin, 'segment.ms')).toMatchObject({ configValue: '604800000' })

  const soon = alter(admin, { 'retention.ms': 'soon' })
  await expect(soon).rejects.toMatchObject({ type: 'INVALID_CONFIG' })
  expect(await described(admin, 'retention.ms')).toMatchObject({ configValue: '6000' })
})

test('what is changed holds for a log that is being written, at once', long, async () => {
  const { admin, producer } = await startKafka()
  await admin.createTopics({ topics: [{ topic: 'orders' }] })
  const send = (value: string) => producer.send({ topic: 'orders', messages: [{ value }] })
  await send('x'.repeat(5_000))
  await alter(admin, { 'max.message.bytes': '1000' })
  await expect(send('x'.repeat(5_000))).rejects.toMatchObject({ type: 'MESSAGE_TOO_LARGE' })
  await alter(admin, {})
  await send('x'.repeat(5_000))
})

test('one setting is changed without the others, and words of a list', long, async () => {
  const { admin, broker } = await startKafka()
  await admin.createTopics({ topics: [{ topic: 'orders' }] })
  const change = async (...configs: Change[]) => {
    const resources = [{ resourceType: topicType, resourceName: 'orders', configs }]
    return (await incremental(broker, resources))[0]
  }
  const { set, append, unset } = operations
  await change({ name: 'retention.ms', configOperation: set, value: '5000' })
  await change({ name: 'cleanup.policy', configOperation: append, value: 'compact' })
  expect(await described(admin, 'cleanup.policy')).toMatchObject({ configValue: 'delete,compact' })
  expect(await described(admin, 'retention.ms')).toMatchObject({ configValue: '5000' })
  await change({ name: 'retention.ms', configOperation: unset, value: null })
  expect(await described(admin, 'retention.ms')).toMatchObject({ configValue: '604800000' })
})

test('what a Topic resource states is not changed over the protocol', long, async () => {
  const { admin, broker, controller } = await startKafka()
  const owner = { origin: 'resource', resourceUid: 'uid-of-orders' } as const
  const orders = { name: 'orders', numPartitions: 1, replicationFactor: 1 }
  const topics = [{ ...orders, assignments: [], configs: [] }]
  await controller.createTopics({ topics, validateOnly: false }, owner)

  const refused = { type: 'POLICY_VIOLATION' }
  const topicPartitions = [{ topic: 'orders', count: 2 }]
  await expect(admin.createPartitions({ topicPartitions })).rejects.toMatchObject(refused)
  await expect(alter(admin, { 'retention.ms': '1' })).rejects.toMatchObject(refused)
  const configs = [{ name: 'retention.ms', configOperation: operations.set, value: '1' }]
  const resources = [{ resourceType: topicType, resourceName: 'orders', configs }]
  const [answer] = await incremental(broker, resources)
  expect(answer?.errorCode).toBe(errorCodes.POLICY_VIOLATION)
  expect(answer?.errorMessage).toContain('Topic resource (uid uid-of-orders)')
})

type Resources = RequestInputOf<'IncrementalAlterConfigs'>['resources']
type Change = Resources[number]['configs'][number]

type RunningKafka = {
  readonly controller: Controller
  readonly broker: RunningBroker
  readonly bootstrapServer: string
  readonly admin: Admin
  readonly producer: Producer
}

/** A controller, a broker as a process of its own, and a client of both. */
async function startKafka(): Promise<RunningKafka> {
  const controller = await startController()
  const folder = temporaryFolder()
  const port = await freePort()
  const options = optionsIn(folder, { host: '127.0.0.1', port: controller.port })
  const client = { host: '127.0.0.1', port, advertisedHost: 'localhost', advertisedPort: 0 }
  const listeners = { ...options.listeners, client }
  const broker = RunningBroker.start(folder, { ...options, listeners }, 'shipped')
  await broker.ready()

  const bootstrapServer = `localhost:${port}`
  const retry = { initialRetryTime: 50, retries: 5 }
  const kafka = new Kafka({ brokers: [bootstrapServer], logLevel: logLevel.NOTHING, retry })
  const [admin, producer] = [kafka.admin(), kafka.producer()]
  await Promise.all([admin.connect(), producer.connect()])
  onTestFinished(async () => void (await Promise.all([admin.disconnect(), producer.disconnect()])))
  return { controller, broker, bootstrapServer, admin, producer }
}

/** By AlterConfigs, which gives the topic exactly these. */
async function alter(admin: Admin, configs: Record<string, string>): Promise<void> {
  const configEntries = Object.entries(configs).map(([name, value]) => ({ name, value }))
  const resources = [{ type: topicType, name: 'orders', configEntries }]
  await admin.alterConfigs({ validateOnly: false, resources })
}

async function described(admin: Admin, name: string) {
  const { resources } = await admin.describeConfigs({
    resources: [{ type: topicType, name: 'orders', configNames: [name] }],
    includeSynonyms: false,
  })
  return resources[0]?.configEntries[0]
}

/** kafkajs does not have it. */
async function incremental(broker: RunningBroker, resources: Resources) {
  const connection = await broker.connect()
  const request = { resources, validateOnly: false }
  const { responses } = await connection.request('IncrementalAlterConfigs', 1, request)
  connection.close()
  return responses
}
