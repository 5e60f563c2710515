import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Kafka, logLevel, type Producer } from 'kafkajs'
import { beforeEach, expect, test } from 'vitest'
import { valuesIn } from '../../clients/read-values.ts'
import { RunningKavka } from '../../support/kavka.ts'

const isRoot = process.getuid?.() === 0
beforeEach(({ skip }) => skip(!isRoot, 'only root may mount a disk that is full'))

const mb = 2 ** 20

test('a broker whose disk is full is read on, says so, and takes records again once there is room', {
  timeout: 60_000,
}, async () => {
  await using kavka = await RunningKavka.start({
    diskBytes: 32 * mb,
    topics: { orders: { partitions: 1 } },
  })
  const ballast = join(kavka.dataDirectory, 'clusters', 'ballast')
  writeFileSync(ballast, new Uint8Array(20 * mb))
  const producer = await producerOf(kavka)
  const acknowledged = await produceUntilRefused(producer)
  await producer.disconnect()

  const full = await kavka.until('told', ({ brokers }) => brokers[0]?.state === 'DiskFailing')
  expect(kavka.said).toMatch(/broker 0 cannot write: its disk is full or failed/)
  expect(await kavka.statusText()).toMatch(/KafkaCluster demo: DiskFailing: the disk of broker 0/)
  expect(await read(kavka)).toEqual(acknowledged)

  rmSync(ballast)
  const pid = full.brokers[0]?.pid
  await kavka.until('well again', ({ brokers: [broker] }) => {
    return broker?.state === 'Ready' && broker.pid !== pid
  })
  const again = await producerOf(kavka)
  await again.send({ topic: 'orders', messages: [{ value: 'after' }] })
  await again.disconnect()
  expect((await read(kavka)).at(-1)).toBe('after')
  expect((await read(kavka)).slice(0, acknowledged.length)).toEqual(acknowledged)
})

async function producerOf({ bootstrapServers }: RunningKavka): Promise<Producer> {
  const kafka = new Kafka({
    brokers: [bootstrapServers],
    logLevel: logLevel.NOTHING,
    retry: { retries: 0 },
  })
  const producer = kafka.producer()
  await producer.connect()
  return producer
}

/** @returns The numbers with which the records begin that were acknowledged. */
async function produceUntilRefused(producer: Producer): Promise<string[]> {
  const filling = 'x'.repeat(200_000)
  for (let sent = 0; ; sent++) {
    try {
      await producer.send({ topic: 'orders', messages: [{ value: `${sent} ${filling}` }] })
    } catch {
      expect(sent, 'some fit').toBeGreaterThan(5)
      return Array.from({ length: sent }, (_, index) => `${index}`)
    }
  }
}

/** What the records begin with. */
async function read({ bootstrapServers }: RunningKavka): Promise<string[]> {
  const values = await valuesIn(bootstrapServers, 'orders')
  return values.map((value) => value.split(' ')[0] as string)
}
