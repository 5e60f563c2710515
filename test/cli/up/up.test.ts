import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Kafka, logLevel } from 'kafkajs'
import { expect, onTestFinished, test } from 'vitest'
import { lockHolder } from '../../../lib/kernel-lock.ts'
import { valuesIn } from '../../clients/read-values.ts'
import { type ClusterStatus, clusterManifest, RunningKavka } from '../../support/kavka.ts'

const long = { timeout: 90_000 }

test(
  'killed, kavka up leaves its brokers serving, and the next one has the same',
  long,
  async () => {
    await using kavka = await RunningKavka.start({
      brokers: 2,
      topics: { orders: { partitions: 4 } },
    })
    const before = pidsOf(await kavka.until('orders led', isLed('orders')))
    await kavka.stopUp('SIGKILL')

    await produce(kavka, ['while', 'nobody', 'decides'])
    expect(pidsOf(await kavka.status())).toEqual(before)

    await kavka.startUp()
    await kavka.until('decided again', ({ problem }) => problem === null)
    const status = await kavka.ready(2)
    expect(pidsOf(status)).toEqual(before)
    const values = await valuesIn(kavka.bootstrapServers, 'orders')
    expect(values.toSorted()).toEqual(['decides', 'nobody', 'while'])
  },
)

test('a broker that ended while there was no kavka up is started by the next', long, async () => {
  await using kavka = await RunningKavka.start()
  const [pid] = pidsOf(await kavka.status())
  await kavka.stopUp('SIGKILL')
  process.kill(pid as number, 'SIGKILL')
  await kavka.startUp()
  await kavka.until('a new process', (status) => {
    return status.brokers[0]?.state === 'Ready' && status.brokers[0].pid !== pid
  })
})

test.each(['SIGINT', 'SIGTERM'] as const)('%s stops all in order', long, async (signal) => {
  await using kavka = await RunningKavka.start({
    brokers: 2,
    topics: { orders: { partitions: 2 } },
  })
  await kavka.until('orders led', isLed('orders'))
  await produce(kavka, ['kept'])
  expect(await kavka.stopUp(signal)).toBe(0)
  expect(kavka.output).toContain(`${signal}: all brokers stop in order`)
  for (const id of [0, 1]) {
    const broker = join(kavka.dataDirectory, `clusters/default/demo/brokers/${id}`)
    expect(lockHolder(join(broker, 'data/.lock'))).toBeUndefined()
    expect(readFileSync(join(broker, 'broker.log'), 'utf8')).not.toContain('kavka broker: ')
    expect(readdirSync(join(broker, 'data'))).toContain('.kafka_cleanshutdown')
  }
  expect((await kavka.status())?.brokers.map(({ state }) => state)).toEqual(['Stopped', 'Stopped'])

  await kavka.startUp()
  await kavka.until('orders led', isLed('orders'))
  expect(await valuesIn(kavka.bootstrapServers, 'orders')).toEqual(['kept'])
})

test('a topic goes with its file, and stays where that says so', long, async () => {
  await using kavka = await RunningKavka.start()
  kavka.write('gone.yaml', topicManifest('gone'))
  kavka.write('kept.yaml', topicManifest('kept', 'deletionPolicy: Retain'))
  await kavka.until('made', (status) => isLed('gone')(status) && isLed('kept')(status))
  await produce(kavka, ['of no more use'], 'gone')
  await produce(kavka, ['useful'], 'kept')
  kavka.remove('gone.yaml')
  kavka.remove('kept.yaml')
  await kavka.until('gone', (status) => !namesOf(status).includes('gone'))
  await untilSaid(kavka, 'Topic kept: has no manifest any more')
  expect(namesOf(await kavka.status())).toEqual(['kept'])
  const data = join(kavka.dataDirectory, 'clusters/default/demo/brokers/0/data')
  await until(() => !readdirSync(data).some((name) => name.startsWith('gone-')))
  expect(await valuesIn(kavka.bootstrapServers, 'kept')).toEqual(['useful'])
})

test(
  'a file that is missing at the start deletes nothing: its topic is an orphan',
  long,
  async () => {
    await using kavka = await RunningKavka.start({ topics: { orders: { partitions: 1 } } })
    await kavka.until('orders led', isLed('orders'))
    await produce(kavka, ['kept'])
    await kavka.stopUp('SIGTERM')
    kavka.remove('topics.yaml')
    await kavka.startUp()
    await kavka.until('an orphan', (status) => status.topics[0]?.orphaned === true)
    await kavka.until('led', isLed('orders'))
    expect(await valuesIn(kavka.bootstrapServers, 'orders')).toEqual(['kept'])

    kavka.write('topics.yaml', topicManifest('orders'))
    await kavka.until('owned again', (status) => status.topics[0]?.orphaned === false)
    expect(await valuesIn(kavka.bootstrapServers, 'orders')).toEqual(['kept'])
  },
)

test('replicas go up, and down to those that have no partition', long, async () => {
  await using kavka = await RunningKavka.start()
  kavka.write('cluster.yaml', clusterManifest({ brokers: 3 }))
  await kavka.ready(3)
  kavka.write('cluster.yaml', clusterManifest({ brokers: 1 }))
  await kavka.until('one broker', ({ brokers }) => brokers.length === 1)
  await untilSaid(kavka, 'broker 2 is stopped')
  expect((await kavka.status())?.bootstrapServers).toBe(kavka.bootstrapServers)

  kavka.write('cluster.yaml', clusterManifest({ brokers: 2 }))
  await kavka.ready(2)
})

test('a broker with partitions stays until these are gone, and that is said', long, async () => {
  await using kavka = await RunningKavka.start({
    brokers: 2,
    topics: { orders: { partitions: 2 } },
  })
  await kavka.until('orders led', isLed('orders'))
  kavka.write('cluster.yaml', clusterManifest({ brokers: 1 }))
  await untilSaid(kavka, 'spec.brokers.replicas: cannot be 1 yet')
  expect((await kavka.status())?.brokers).toHaveLength(2)
  kavka.remove('topics.yaml')
  await kavka.until('one broker', ({ brokers }) => brokers.length === 1)
})

test(
  'changed settings restart brokers one after another; no more than one is away',
  long,
  async () => {
    await using kavka = await RunningKavka.start({ brokers: 3 })
    const before = pidsOf(await kavka.status())
    const config = { 'log.retention.ms': '3600000' }
    kavka.write('cluster.yaml', clusterManifest({ brokers: 3, config }))
    await kavka.until('all restarted', (status) => {
      const ready = status.brokers.filter(({ state }) => state === 'Ready')
      expect(ready.length).toBeGreaterThanOrEqual(2)
      return ready.length === 3 && pidsOf(status).every((pid) => !before.includes(pid))
    })
  },
)

test('a mistake that is made while it runs is told, and changes nothing', long, async () => {
  await using kavka = await RunningKavka.start({ topics: { orders: { partitions: 2 } } })
  const before = await kavka.until('orders led', isLed('orders'))
  kavka.write('topics.yaml', topicManifest('orders')) // one partition
  await untilSaid(kavka, 'Topic orders: spec.partitions: may become more')
  kavka.write('cluster.yaml', 'kind: KafkaCluster\nspec: [')
  await untilSaid(kavka, 'cluster.yaml:')
  expect(await kavka.status()).toEqual(before)
})

test('a cluster that cannot be run leaves the one that runs alone', long, async () => {
  await using kavka = await RunningKavka.start()
  const before = pidsOf(await kavka.status())
  const server = createServer().listen(kavka.basePort + 299, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  kavka.write('other.yaml', clusterManifest({}).replace('name: demo', 'name: other'))
  await untilSaid(kavka, `${kavka.basePort + 299}`)
  expect(kavka.output).toContain('KafkaCluster other: cannot listen on')
  expect(pidsOf(await kavka.status())).toEqual(before)

  server.close()
  await untilSaid(kavka, 'KafkaCluster other is ready')
})

test('more brokers than there are ports for are refused while it runs, too', long, async () => {
  await using kavka = await RunningKavka.start()
  kavka.write('cluster.yaml', clusterManifest({ brokers: 100 }))
  await untilSaid(kavka, 'at most 99 brokers of a cluster, found 100')
  expect((await kavka.status())?.brokers).toHaveLength(1)
})

test(
  'what is in the data directory is for its owner only, and git does not see it',
  long,
  async () => {
    await using kavka = await RunningKavka.start()
    expect(statSync(kavka.dataDirectory).mode & 0o077).toBe(0)
    expect(existsSync(join(kavka.dataDirectory, '.gitignore'))).toBe(true)
  },
)

function topicManifest(name: string, more = ''): string {
  return [
    `apiVersion: kavka.dev/v1alpha1\nkind: Topic\nmetadata: {name: ${name}}\nspec:\n`,
    `  clusterRef: {name: demo}\n  partitions: 1\n  ${more}\n`,
  ].join('')
}

function pidsOf(status: ClusterStatus | undefined): (number | null)[] {
  return status?.brokers.map(({ pid }) => pid) ?? []
}

function namesOf(status: ClusterStatus | undefined): string[] {
  return status?.topics.map(({ name }) => name) ?? []
}

function isLed(topic: string): (status: ClusterStatus) => boolean {
  return ({ topics }) => {
    const found = topics.find(({ name }) => name === topic)
    return found?.partitions.every(({ leader }) => leader !== null) === true
  }
}

async function produce(
  kavka: RunningKavka,
  values: readonly string[],
  topic = 'orders',
): Promise<void> {
  const kafka = new Kafka({
    clientId: 'up',
    brokers: [kavka.bootstrapServers],
    logLevel: logLevel.NOTHING,
  })
  const producer = kafka.producer()
  await producer.connect()
  const messages = values.map((value) => ({ value }))
  await producer.send({ topic, messages, acks: -1 })
  await producer.disconnect()
}

async function untilSaid(kavka: RunningKavka, text: string): Promise<void> {
  await until(() => kavka.output.includes(text)).catch(() => {
    throw new Error(`never said "${text}": ${kavka.output}`)
  })
}

async function until(holds: () => boolean): Promise<void> {
  const endMs = performance.now() + 20_000
  while (!holds()) {
    if (performance.now() > endMs) throw new Error('did not come')
    await sleep(20)
  }
}
