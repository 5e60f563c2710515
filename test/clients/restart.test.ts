import { setTimeout as sleep } from 'node:timers/promises'
import { Kafka, logLevel, type Producer } from 'kafkajs'
import { beforeEach, expect, test } from 'vitest'
import { RunningKavka, whyNoUp } from '../support/kavka.ts'
import { valuesIn } from './read-values.ts'

const noUp = whyNoUp()
beforeEach(({ skip }) => skip(noUp !== undefined, noUp))

const signals = ['SIGTERM', 'SIGKILL'] as const

test.each(signals)(
  'a broker that ends by %s while it is written to loses nothing that it acknowledged',
  { timeout: 120_000 },
  async (signal) => {
    await using kavka = await RunningKavka.start({ topics: { orders: { partitions: 3 } } })
    const producer = await producerOf(kavka)
    const acknowledged: string[] = []
    let isEnough = false
    const load = produceUntil(producer, acknowledged, () => isEnough)
    for (let round = 0; round < 3; round++) {
      const before = acknowledged.length
      await until(() => acknowledged.length > before + 200)
      const pid = (await kavka.status())?.brokers[0]?.pid as number
      const killedMs = performance.now()
      process.kill(pid, signal)
      await kavka.until('restarted', ({ brokers: [broker] }) => {
        return broker?.state === 'Ready' && broker.pid !== pid
      })
      const readyMs = performance.now() - killedMs
      if (process.env['FIGURES'])
        console.log(`${signal}: ready again after ${readyMs.toFixed(0)} ms`)
    }
    const before = acknowledged.length
    await until(() => acknowledged.length > before + 200)
    isEnough = true
    await load
    await producer.disconnect()

    const read = new Set(await valuesIn(kavka.bootstrapServers, 'orders'))
    expect(acknowledged.filter((value) => !read.has(value))).toEqual([])
  },
)

async function producerOf({ bootstrapServers }: RunningKavka): Promise<Producer> {
  const kafka = new Kafka({
    clientId: 'restart',
    brokers: [bootstrapServers],
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 50, retries: 30 },
  })
  const producer = kafka.producer()
  await producer.connect()
  return producer
}

/** Ten at a time; what is not acknowledged may be there or not. */
async function produceUntil(
  producer: Producer,
  acknowledged: string[],
  isEnough: () => boolean,
): Promise<void> {
  for (let count = 0; !isEnough(); count++) {
    const values = Array.from({ length: 10 }, (_, index) => `${count}-${index}`)
    try {
      const messages = values.map((value) => ({ key: value, value }))
      await producer.send({ topic: 'orders', messages, acks: -1 })
      acknowledged.push(...values)
    } catch {
      await sleep(50) // the broker is away
    }
  }
}

async function until(holds: () => boolean): Promise<void> {
  const endMs = performance.now() + 30_000
  while (!holds()) {
    if (performance.now() > endMs) throw new Error('nothing is acknowledged any more')
    await sleep(10)
  }
}
