import { Kafka, logLevel } from 'kafkajs'
import { describe, expect, test } from 'vitest'
import type { ClusterStatus } from '../../operator/embedded/status.ts'
import { whyNoKafka } from '../../scripts/kafka/jars.ts'
import { RunningKavka } from '../support/kavka.ts'
import { runProgram } from './java.ts'
import { run, whyNoKcat } from './tools.ts'

const racks = ['a', 'b', 'c'] as const
const selector = 'org.apache.kafka.common.replica.RackAwareReplicaSelector'
const values = Array.from({ length: 20 }, (_, number) => `value-${number}`)

type Consumer = {
  readonly name: string
  readonly missing: string | undefined
  readonly read: (bootstrapServers: string, count: number, rack: string) => Promise<string[]>
}

const consumers: readonly Consumer[] = [
  {
    name: 'kcat',
    missing: whyNoKcat(),
    async read(bootstrapServers, count, rack) {
      const from = ['-b', bootstrapServers, '-t', 'orders', '-p', '0', '-o', 'beginning']
      const options = ['-c', `${count}`, '-q', '-X', `client.rack=${rack}`]
      return linesIn(await run('kcat', ['-C', ...from, ...options]))
    },
  },
  {
    name: "Kafka's consumer",
    missing: whyNoKafka(),
    async read(bootstrapServers, count, rack) {
      const args = [bootstrapServers, 'orders', `${count}`, rack]
      const lines = await runProgram('ReadAssigned.java', args)
      return lines.map((line) => line.split(' ').at(-1) as string)
    },
  },
]

describe.each(consumers)('$name', ({ missing, read }) => {
  test.skipIf(missing !== undefined)(
    'reads from the replica in its rack, and what comes later, too',
    { timeout: 180_000 },
    async () => {
      await using kavka = await RunningKavka.start({
        brokers: 3,
        racks,
        config: { 'replica.selector.class': selector },
        topics: { orders: { partitions: 1, replicationFactor: 3 } },
      })
      const leader = await leaderIn(kavka)
      const follower = (leader + 1) % 3
      await send(kavka, values.slice(0, 10))
      const reading = read(kavka.bootstrapServers, values.length, racks[follower] as string)
      await expect.poll(() => bytesOut(kavka, follower), { timeout: 60_000 }).toBeGreaterThan(0)
      await send(kavka, values.slice(10))
      expect(await reading).toEqual(values)
      expect(await bytesOut(kavka, leader)).toBe(0)

      const fromLeader = await read(kavka.bootstrapServers, 20, racks[leader] as string)
      expect(fromLeader).toEqual(values)
      expect(await bytesOut(kavka, leader)).toBeGreaterThan(0)
    },
  )
})

async function leaderIn(kavka: RunningKavka): Promise<number> {
  const partition = ({ topics }: ClusterStatus) =>
    topics.find(({ name }) => name === 'orders')?.partitions[0]
  const status = await kavka.until('in sync', (now) => partition(now)?.isr.length === 3)
  return partition(status)?.leader as number
}

/** Of records that consumers got from a broker. */
async function bytesOut(kavka: RunningKavka, brokerId: number): Promise<number> {
  const broker = (await kavka.status())?.brokers.find(({ id }) => id === brokerId)
  const metrics = await (await fetch(broker?.metricsEndpoint as string)).text()
  const name = 'kafka_server_brokertopicmetrics_bytesout_total'
  return Number(new RegExp(`^${name}\\{topic="orders"\\} (\\d+)$`, 'm').exec(metrics)?.[1] ?? 0)
}

async function send({ bootstrapServers }: RunningKavka, own: readonly string[]): Promise<void> {
  const kafka = new Kafka({ brokers: [bootstrapServers], logLevel: logLevel.NOTHING })
  const producer = kafka.producer()
  await producer.connect()
  const messages = own.map((value) => ({ value }))
  await producer.send({ topic: 'orders', messages, acks: -1 })
  await producer.disconnect()
}

function linesIn(printed: Buffer): string[] {
  return printed.toString().trimEnd().split('\n')
}
