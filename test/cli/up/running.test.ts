import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { type Admin, Kafka, logLevel } from 'kafkajs'
import { describe, expect, test } from 'vitest'
import type { ClusterStatus } from '../../../operator/embedded/status.ts'
import { valuesIn } from '../../clients/read-values.ts'
import {
  clusterManifest,
  type KavkaOptions,
  RunningKavka,
  topicManifest,
} from '../../support/kavka.ts'

const long = { timeout: 60_000 }

/** Most of the time is spent waiting, so these run beside each other. */
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

async function send(kavka: RunningKavka, topic: string, ...values: string[]): Promise<void> {
  const producer = clientOf(kavka).producer()
  await producer.connect()
  await producer.send({ topic, messages: values.map((value) => ({ value })), acks: -1 })
  await producer.disconnect()
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

const has = (name: string) => {
  return ({ topics }: { topics: readonly { name: string }[] }) =>
    topics.some((topic) => topic.name === name)
}
const hasNot = (name: string) => (status: { topics: readonly { name: string }[] }) =>
  !has(name)(status)

const isThere = (pid: number) => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

story(
  'brokers outlive a killed kavka up, and the next one takes them over',
  long,
  async ({ start }) => {
    const kavka = await start({ brokers: 2, topics: { orders: { partitions: 2 } } })
    const before = await kavka.until('made', has('orders'))
    expect(await valuesIn(kavka.bootstrapServers, 'orders')).toEqual([]) // both have heard of it
    await kavka.stopUp('SIGKILL')
    await send(kavka, 'orders', 'while nobody decides')
    expect((await kavka.status())?.brokers).toEqual(before.brokers)

    await kavka.startUp()
    kavka.write('more.yaml', topicManifest('more', { partitions: 2 }))
    await kavka.until('made', has('more'))
    const pids = ({ brokers }: typeof before) => brokers.map(({ pid }) => pid)
    expect(pids(await kavka.ready(2))).toEqual(pids(before))
    await send(kavka, 'more', 'decided again')
    expect(await valuesIn(kavka.bootstrapServers, 'orders')).toEqual(['while nobody decides'])
  },
)

story(
  'a broker that died while nobody looked is started by the next kavka up',
  long,
  async ({ start }) => {
    const kavka = await start({ topics: { orders: { partitions: 1 } } })
    await kavka.until('made', has('orders'))
    await send(kavka, 'orders', 'first')
    const pid = (await kavka.status())?.brokers[0]?.pid as number
    await kavka.stopUp('SIGKILL')
    process.kill(pid, 'SIGKILL')
    await kavka.until('seen to be gone', ({ brokers }) => brokers[0]?.state === 'Stopped')
    await kavka.startUp()
    await kavka.ready(1)
    expect(await valuesIn(kavka.bootstrapServers, 'orders')).toEqual(['first'])
  },
)

story(
  'a kavka up that cannot start leaves brokers that outlived another as it found them',
  long,
  async ({ start }) => {
    const kavka = await start({ topics: { orders: { partitions: 2 } } })
    const before = await kavka.until('made', has('orders'))
    await kavka.stopUp('SIGKILL')
    kavka.write('cluster.yaml', clusterManifest({ brokers: 2 }))
    kavka.write('more.yaml', topicManifest('more', { partitions: 1 }))
    kavka.write('other.yaml', clusterManifest({}).replace('name: demo', 'name: other'))
    const other = halfACluster(kavka, 'other')

    const { lines, code } = await kavka.secondUp()
    expect(lines.split('\n').filter((line) => line.startsWith('kavka up:'))).toEqual([
      `kavka up: ${other}/secret is missing`,
    ])
    expect(code).toBe(1)
    expect(await kavka.status()).toEqual(before)
    expect(existsSync(kavka.brokerFolder(1))).toBe(false)
    rmSync(other, { recursive: true })

    const second = kavka.brokerFolder(1)
    mkdirSync(join(second, 'options.json'), { recursive: true }) // found after broker 0
    expect((await kavka.secondUp()).code).toBe(1)
    expect(await kavka.status()).toEqual(before)
    rmSync(second, { recursive: true })

    await send(kavka, 'orders', 'still served')
    await kavka.startUp()
    await kavka.until('made', has('more'))
    const { brokers } = await kavka.ready(2)
    expect(brokers[0]?.pid).toBe(before.brokers[0]?.pid)
    expect(await valuesIn(kavka.bootstrapServers, 'orders')).toEqual(['still served'])
  },
)

story(
  'a broker whose data directory was deleted does not lead with an empty one what it led',
  long,
  async ({ start }) => {
    const kavka = await start({ topics: { orders: { partitions: 1 } } })
    await kavka.until('made', has('orders'))
    await send(kavka, 'orders', 'gone with the disk')
    await kavka.stopUp('SIGTERM')
    rmSync(join(kavka.brokerFolder(0), 'data'), { recursive: true })
    await kavka.startUp()
    await kavka.saying('Topic orders: 1 of 1 partitions stay offline: broker 0 had their records')
    const { topics } = await kavka.ready(1)
    expect(topics[0]?.partitions).toMatchObject([{ leader: null, isr: [] }])
    expect(await kavka.statusText()).toMatch(/^ {2}orders +1 +1 +0 +DataMissing: no broker has/m)
    await send(kavka, 'others', 'are made and served')

    const config = { 'unclean.leader.election.enable': 'true' }
    kavka.write('topics.yaml', topicManifest('orders', { partitions: 1, config }))
    await kavka.until('given up', ({ topics: [orders] }) => orders?.partitions[0]?.leader === 0)
    await send(kavka, 'orders', 'begun anew')
    expect(await valuesIn(kavka.bootstrapServers, 'orders')).toEqual(['begun anew'])
  },
)

story(
  'Ctrl-C stops all in order, also where it comes twice at once as from npm',
  long,
  async ({ start }) => {
    const kavka = await start({ brokers: 2, topics: { orders: { partitions: 2 } } })
    await kavka.until('made', has('orders'))
    await send(kavka, 'orders', 'kept')
    const pids = (await kavka.status())?.brokers.map(({ pid }) => pid as number) ?? []
    void kavka.stopUp('SIGINT')
    expect(await kavka.stopUp('SIGINT')).toBe(0)
    expect(pids.filter(isThere)).toEqual([])
    const states = (await kavka.status())?.brokers.map(({ state, pid }) => ({ state, pid }))
    expect(states).toEqual([
      { state: 'Stopped', pid: null },
      { state: 'Stopped', pid: null },
    ])
    await kavka.startUp()
    await kavka.ready(2)
    expect(await valuesIn(kavka.bootstrapServers, 'orders')).toEqual(['kept'])
  },
)

story('kavka status prints brokers and topics, and what is wrong', long, async ({ start }) => {
  const kavka = await start({ topics: { orders: { partitions: 2 } } })
  await kavka.until('made', has('orders'))
  const text = await kavka.statusText()
  expect(text).toContain(`KafkaCluster demo: bootstrap.servers=${kavka.bootstrapServers}`)
  expect(text).toMatch(/^ {2}0 +Ready +\d+ +localhost:\d+ +2 +http:\/\/localhost:\d+\/metrics$/m)
  expect(text).toMatch(/^ {2}orders +2 +1 +2 +0$/m)
})

story('a second kavka up on the same data is refused', long, async ({ start }) => {
  const kavka = await start()
  const { lines, code } = await kavka.secondUp()
  expect(code).toBe(1)
  expect(lines).toMatch(/^kavka up: .*\.lock is held by pid \d+: kavka up /m)
  expect((await kavka.status())?.brokers[0]?.state).toBe('Ready')
})

story('what it keeps is for its owner only', long, async ({ start }) => {
  const kavka = await start()
  expect(statSync(kavka.dataDirectory).mode & 0o077).toBe(0)
})

story(
  'a cluster that cannot be run leaves the one that runs alone',
  long,
  async ({ start, onTestFinished }) => {
    const kavka = await start()
    const pidOf = async () => (await kavka.status())?.brokers[0]?.pid
    const pid = await pidOf()
    const port = kavka.basePort + 1_099 // of the controller of a second cluster
    const server = createServer().listen(port, '127.0.0.1')
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    kavka.write('other.yaml', clusterManifest({}).replace('name: demo', 'name: other'))
    await kavka.saying(`KafkaCluster other: cannot listen on 127.0.0.1:${port}`)
    expect(await pidOf()).toBe(pid)

    server.close()
    await kavka.saying('KafkaCluster other is ready')
    expect(await pidOf()).toBe(pid)
  },
)

describe('other times of the controller', () => {
  const slow = { sessionTimeout: '9s', heartbeatInterval: '3s' }
  const fast = { sessionTimeout: '1200ms', heartbeatInterval: '400ms' }

  story('fence no broker that still has those of before', long, async ({ start }) => {
    const kavka = await start({ brokers: 2, controller: slow })
    kavka.write('cluster.yaml', clusterManifest({ brokers: 2, controller: fast }))
    await startedAnew(kavka, (await kavka.status())?.brokers)
    expect(logOf(kavka)).not.toContain('nothing was heard')
  })

  story('nor do they where they change while nobody looks', long, async ({ start }) => {
    const kavka = await start({ brokers: 4, controller: slow })
    const before = (await kavka.status())?.brokers
    await kavka.stopUp('SIGKILL')
    kavka.write('cluster.yaml', clusterManifest({ brokers: 4, controller: fast }))
    await kavka.startUp()
    await startedAnew(kavka, before)
    expect(logOf(kavka)).not.toContain('nothing was heard')
  })
})

/** Waits until each broker is another process, and serves. */
async function startedAnew(kavka: RunningKavka, before: ClusterStatus['brokers'] = []) {
  const pids = before.map(({ pid }) => pid)
  expect(pids).not.toEqual([])
  await kavka.until('started anew', ({ brokers }) => {
    return brokers.every(({ state, pid }) => state === 'Ready' && !pids.includes(pid))
  })
}

function logOf({ dataDirectory }: RunningKavka): string {
  return readFileSync(join(dataDirectory, 'kavka.log'), 'utf8')
}

/** What is left of a cluster after somebody removed its secret. It is noticed only once it is to start. */
function halfACluster({ dataDirectory }: RunningKavka, name: string): string {
  const directory = join(dataDirectory, 'clusters/default', name)
  mkdirSync(directory)
  const content = { version: 1, clusterId: 'AAAAAAAAAAAAAAAAAAAAAQ', slot: 1 }
  writeFileSync(join(directory, 'cluster.json'), JSON.stringify(content))
  return directory
}

describe('a topic', () => {
  story('whose manifest vanishes is deleted; with Retain it stays', long, async ({ start }) => {
    const kavka = await start()
    kavka.write('gone.yaml', topicManifest('gone', { partitions: 1 }))
    kavka.write('kept.yaml', topicManifest('kept', { partitions: 1, deletionPolicy: 'Retain' }))
    await kavka.until('made', (status) => has('gone')(status) && has('kept')(status))
    await send(kavka, 'kept', 'still there')
    kavka.remove('gone.yaml')
    kavka.remove('kept.yaml')
    await kavka.until('deleted', hasNot('gone'))
    await kavka.saying('Topic kept: has no manifest any more; its data is kept')
    expect(await valuesIn(kavka.bootstrapServers, 'kept')).toEqual(['still there'])
  })

  story(
    'whose manifest is missing at the start is kept, and is its own again later',
    long,
    async ({ start }) => {
      const kavka = await start()
      const manifest = topicManifest('orders', { partitions: 1 })
      kavka.write('orders.yaml', manifest)
      await kavka.until('made', has('orders'))
      await send(kavka, 'orders', 'kept')
      await kavka.stopUp('SIGTERM')
      kavka.remove('orders.yaml')
      await kavka.startUp()
      const isOrphaned = (wanted: boolean) => {
        return ({ topics }: { topics: readonly { orphaned: boolean }[] }) =>
          topics[0]?.orphaned === wanted
      }
      await kavka.ready(1)
      await kavka.until('orphaned', isOrphaned(true))
      kavka.write('orders.yaml', manifest)
      await kavka.until('its own', isOrphaned(false))
      expect(await valuesIn(kavka.bootstrapServers, 'orders')).toEqual(['kept'])
    },
  )

  story('that vanishes together with its cluster is kept', long, async ({ start }) => {
    const kavka = await start({ topics: { orders: { partitions: 1 } } })
    await kavka.until('made', has('orders'))
    await send(kavka, 'orders', 'kept')
    kavka.remove('cluster.yaml')
    kavka.remove('topics.yaml')
    await kavka.saying('KafkaCluster demo: is stopped, since its manifest is gone')
    await kavka.untilGone()
    kavka.write('cluster.yaml', clusterManifest({}))
    kavka.write('topics.yaml', topicManifest('orders', { partitions: 1 }))
    await kavka.ready(1)
    expect(await valuesIn(kavka.bootstrapServers, 'orders')).toEqual(['kept'])
  })

  story(
    'gets what its manifest says, and over the protocol nothing else',
    long,
    async ({ start, expect }) => {
      const kavka = await start({ topics: { orders: { partitions: 1 } } })
      await kavka.until('made', has('orders'))
      const config = { 'retention.ms': '86400000' }
      kavka.write('topics.yaml', topicManifest('orders', { partitions: 3, config }))
      const grown = await kavka.until('grown', ({ topics }) => topics[0]?.partitions.length === 3)
      expect(grown.topics[0]?.partitions.map(({ leader }) => leader)).toEqual([0, 0, 0])
      await kavka.saying('Topic orders: has changed settings: retention.ms')
      const retentionMs = async () => {
        const { resources } = await administer(kavka, (admin) => {
          return admin.describeConfigs({
            resources: [{ type: 2, name: 'orders', configNames: ['retention.ms'] }],
            includeSynonyms: false,
          })
        })
        return resources[0]?.configEntries[0]?.configValue
      }
      // The broker hears a moment after the controller has done it.
      await expect.poll(retentionMs, { timeout: 10_000 }).toBe('86400000')
      const topicPartitions = [{ topic: 'orders', count: 9 }]
      await expect(
        administer(kavka, (admin) => admin.createPartitions({ topicPartitions })),
      ).rejects.toThrow('Request parameters do not satisfy the configured policy')
    },
  )

  story('that clients made becomes that of a manifest that names it', long, async ({ start }) => {
    const kavka = await start()
    await send(kavka, 'clicks', 'a', 'b')
    kavka.write('clicks.yaml', topicManifest('clicks', { partitions: 2 }))
    await kavka.saying('Topic clicks: has 2 partitions now')
    expect((await valuesIn(kavka.bootstrapServers, 'clicks')).toSorted()).toEqual(['a', 'b'])
  })
})

story(
  'a mistake in a file that is edited is told, and all stays as it was',
  long,
  async ({ start }) => {
    const kavka = await start({ topics: { orders: { partitions: 3 } } })
    await kavka.until('made', has('orders'))
    kavka.write('topics.yaml', topicManifest('orders', { partitions: 2 }))
    await kavka.saying(
      'topics.yaml:7: Topic orders: spec.partitions: may become more, never fewer: make another topic and move the records, found 2 where it was 3',
    )
    expect((await kavka.status())?.topics[0]?.partitions).toHaveLength(3)
  },
)

describe('a cluster', () => {
  story(
    'that cannot be run leaves the one that runs alone, and is tried again',
    long,
    async ({ start, onTestFinished }) => {
      const kavka = await start()
      const before = (await kavka.status())?.brokers
      const port = kavka.basePort + 1_099 // of the second cluster's controller
      const server = createServer().listen(port, '127.0.0.1')
      onTestFinished(() => void server.close())
      await once(server, 'listening')
      kavka.write('other.yaml', clusterManifest({}).replace('name: demo', 'name: other'))
      await kavka.saying(`KafkaCluster other: cannot listen on 127.0.0.1:${port}`)
      expect((await kavka.status())?.brokers).toEqual(before)
      server.close()
      await kavka.saying('KafkaCluster other is ready')
    },
  )

  story('of more brokers than there are ports for stays as it was', long, async ({ start }) => {
    const kavka = await start()
    kavka.write('cluster.yaml', clusterManifest({ brokers: 100 }))
    await kavka.saying('spec.brokers.replicas: kavka up runs at most 99 brokers of a cluster')
    expect((await kavka.status())?.brokers).toHaveLength(1)
  })
})

story('what it keeps is for its owner only, and git does not see it', long, async ({ start }) => {
  const { dataDirectory } = await start()
  expect(statSync(dataDirectory).mode & 0o077).toBe(0)
  expect(readFileSync(join(dataDirectory, '.gitignore'), 'utf8')).toBe('*\n')
})

describe('brokers', () => {
  story('that are too many go once they are empty', long, async ({ start }) => {
    const kavka = await start({ brokers: 3, topics: { orders: { partitions: 2 } } })
    const { topics } = await kavka.until('made', has('orders'))
    const used = new Set(topics[0]?.partitions.map(({ leader }) => leader))
    kavka.write('cluster.yaml', clusterManifest({ brokers: 1 }))
    const expected = [0, 1, 2].filter((id) => id === 0 || used.has(id))
    const ids = ({ brokers }: { brokers: readonly { id: number; pid: number | null }[] }) => {
      return brokers.filter(({ pid }) => pid !== null).map(({ id }) => id)
    }
    await kavka.until('as few as can be', (status) => `${ids(status)}` === `${expected}`)
    if (expected.length > 1) await kavka.saying('spec.brokers.replicas: cannot be 1 yet, since')
    kavka.write('more.yaml', topicManifest('more', { partitions: 6 }))
    const { topics: all } = await kavka.until('made', has('more'))
    const more = all.find(({ name }) => name === 'more')
    expect(new Set(more?.partitions.map(({ leader }) => leader))).toEqual(new Set([0]))
    kavka.remove('topics.yaml')
    await kavka.until('one', (status) => `${ids(status)}` === '0')
  })

  story('are as many as the file says, and no others are told of', long, async ({ start }) => {
    const kavka = await start()
    kavka.write('cluster.yaml', clusterManifest({ brokers: 3 }))
    await kavka.ready(3)
    kavka.write('cluster.yaml', clusterManifest({ brokers: 1 }))
    await kavka.saying('KafkaCluster demo: broker 2 is stopped')
    const one = await kavka.until('one', ({ brokers }) => brokers.length === 1)
    expect(one.bootstrapServers).toBe(kavka.bootstrapServers)
    kavka.write('cluster.yaml', clusterManifest({ brokers: 2 }))
    await kavka.ready(2)
  })

  story('are not more than there are ports for', long, async ({ start }) => {
    const kavka = await start()
    kavka.write('cluster.yaml', clusterManifest({ brokers: 100 }))
    await kavka.saying('at most 99 brokers of a cluster, found 100')
    expect((await kavka.status())?.brokers).toHaveLength(1)
  })

  story(
    'are started anew one after another where their settings change',
    long,
    async ({ start }) => {
      const kavka = await start({ brokers: 2 })
      const before = (await kavka.status())?.brokers.map(({ pid }) => pid) ?? []
      kavka.write(
        'cluster.yaml',
        clusterManifest({ brokers: 2, config: { 'num.partitions': '4' } }),
      )
      const after = await kavka.until('started anew', ({ brokers }) => {
        expect(brokers.some(({ state }) => state === 'Ready')).toBe(true)
        return brokers.every(({ state, pid }) => state === 'Ready' && !before.includes(pid))
      })
      expect(after.brokers).toHaveLength(2)
      await send(kavka, 'new', 'a')
      const { topics } = await kavka.until('made', has('new'))
      expect(topics[0]?.partitions).toHaveLength(4)
    },
  )
})
