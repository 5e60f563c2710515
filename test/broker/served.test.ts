import { Kafka, logLevel } from 'kafkajs'
import { expect, onTestFinished, test } from 'vitest'
import { valuesIn } from '../clients/read-values.ts'
import { startController } from '../support/test-controller.ts'
import { until } from './net/support.ts'
import { freePort, optionsIn, RunningBroker, temporaryFolder } from './running-broker.ts'

const signals = ['SIGTERM', 'SIGKILL'] as const

test.each(signals)(
  'through a controller and a process of its own: %s, while it is written to, loses nothing',
  { timeout: 60_000 },
  async (signal) => {
    const controller = await startController()
    const folder = temporaryFolder()
    const port = await freePort()
    const listener = { host: '127.0.0.1', port, advertisedHost: 'localhost', advertisedPort: 0 }
    const options = optionsIn(folder, { host: '127.0.0.1', port: controller.port })
    const listeners = { ...options.listeners, client: listener }
    const start = () => RunningBroker.start(folder, { ...options, listeners }, 'shipped')
    let broker = start()
    await broker.ready()

    const kafka = new Kafka({
      brokers: [`localhost:${port}`],
      logLevel: logLevel.NOTHING,
      retry: { initialRetryTime: 50, retries: 30 },
    })
    const admin = kafka.admin()
    await admin.connect()
    await admin.createTopics({ topics: [{ topic: 'orders', numPartitions: 3 }] })
    expect(await admin.listTopics()).toEqual(['orders'])
    await admin.disconnect()
    const producer = kafka.producer()
    await producer.connect()
    onTestFinished(() => producer.disconnect())

    const acknowledged: string[] = []
    const work = { isEnough: false }
    const load = (async () => {
      for (let number = 0; !work.isEnough; number++) {
        await producer.send({ topic: 'orders', messages: [{ value: `${number}` }] })
        acknowledged.push(`${number}`)
      }
    })()
    for (let round = 0; round < 2; round++) {
      const before = acknowledged.length
      await until(() => acknowledged.length > before + 100, 'acknowledged')
      broker.kill(signal)
      const { code } = await broker.exit()
      expect(code).toBe(signal === 'SIGTERM' ? 0 : null)
      broker = start()
      await broker.ready()
    }
    const before = acknowledged.length
    await until(() => acknowledged.length > before + 100, 'acknowledged')
    work.isEnough = true
    await load

    const read = new Set(await valuesIn(`localhost:${port}`, 'orders'))
    expect(acknowledged.filter((value) => !read.has(value))).toEqual([])
  },
)
