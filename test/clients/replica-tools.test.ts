import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { bytesOfReplica } from '../chaos/replica-logs.ts'
import { clusterManifest } from '../support/kavka.ts'
import { valuesIn } from './read-values.ts'
import { withTools as own, toolsOn } from './tools-on.ts'

const config = { 'default.replication.factor': undefined, 'min.insync.replicas': undefined }
const tools = toolsOn({ brokers: 3, config })
const { run, json } = tools

const produce = (topic: string) => {
  return `produce @ --topic ${topic} --num-records 500 --record-size 100 --throughput -1 --command-property acks=all`
}

test('DumpLogSegments finds the same records on all copies', own, async () => {
  const [made, sent] = await run(
    'topics @ --create --topic copies --partitions 1 --config min.insync.replicas=2',
    produce('copies'),
  )
  expect(made).toContain('Created topic copies.')
  expect(sent).toContain('500 records sent')
  const logs = [0, 1, 2].map((broker) => {
    return join(tools.kavka.brokerFolder(broker), 'data/copies-0/00000000000000000000.log')
  })
  const dumps = await run(...logs.map((log) => `dumpLog --deep-iteration --files ${log}`))
  const [first, ...others] = dumps.map((dump) => dump.split('\n').slice(1)) // without its path
  expect(first?.join('\n')).toMatch(/\| offset: 499 /)
  for (const other of others) expect(other).toEqual(first)
})

test('while a broker is down its partitions are told to be under-replicated', own, async () => {
  await run('topics @ --create --topic fewer --partitions 3 --config min.insync.replicas=2')
  await tools.kavka.whole(3)
  const pid = await tools.kavka.pidOf(2)
  await using _taken = await takePort(tools.kavka.basePort + 2, () => process.kill(pid, 'SIGKILL'))
  await tools.kavka.until('fewer in sync', ({ topics }) => {
    const fewer = topics.find(({ name }) => name === 'fewer')
    return fewer?.partitions.every(({ isr }) => isr.length === 2) === true
  })
  const [behind, atLeast, tooFew, unavailable, sent] = await run(
    'topics @ --describe --topic fewer --under-replicated-partitions',
    'topics @ --describe --topic fewer --at-min-isr-partitions',
    'topics @ --describe --topic fewer --under-min-isr-partitions',
    'topics @ --describe --topic fewer --unavailable-partitions',
    produce('fewer'),
  )
  for (const partition of [0, 1, 2]) {
    expect(behind).toMatch(new RegExp(`Partition: ${partition}\tLeader: [01]\t.*Isr: [01],[01]\t`))
    expect(atLeast).toContain(`Partition: ${partition}`)
  }
  expect(tooFew).not.toContain('Partition:')
  expect(unavailable).not.toContain('Partition:')
  expect(sent).toContain('500 records sent')
})

test('preferred leaders are elected once they are back', own, async () => {
  const before = await tools.kavka.whole(3)
  const partitions = before.topics.find(({ name }) => name === 'fewer')?.partitions ?? []
  const moved = partitions.find(({ leader, replicas }) => leader !== replicas[0])
  expect(moved).toBeDefined()
  const [elected] = await run('elections @ --election-type preferred --all-topic-partitions')
  expect(elected).toContain(`Successfully completed leader election (PREFERRED) for partitions`)
  expect(elected).toContain(`fewer-${moved?.id}`)
  await tools.kavka.until('led by the first', ({ topics }) => {
    const fewer = topics.find(({ name }) => name === 'fewer')
    return fewer?.partitions.every(({ leader, replicas }) => leader === replicas[0]) === true
  })
})

test('a partition moves with its records, also to a broker that is new', own, async () => {
  const move = (...replicas: number[]) => {
    const partitions = [{ topic: 'moves', partition: 0, replicas }]
    return json(`to-${replicas.join('-')}.json`, { version: 1, partitions })
  }
  const execute = (file: string) => `reassign @ --execute --reassignment-json-file ${file}`
  const verify = (file: string) => `reassign @ --verify --reassignment-json-file ${file}`
  const isOn = (...replicas: number[]) => {
    return tools.kavka.until(`on ${replicas}`, ({ topics }) => {
      const [partition] = topics.find(({ name }) => name === 'moves')?.partitions ?? []
      return partition?.replicas.join() === replicas.join() && partition.isr.length === 2
    })
  }
  const [made, sent, started] = await run(
    'topics @ --create --topic moves --replica-assignment 0:1',
    produce('moves'),
    execute(move(1, 2)),
  )
  expect(made).toContain('Created topic moves.')
  expect(sent).toContain('500 records sent')
  expect(started).toContain('Successfully started partition reassignment for moves-0')
  await isOn(1, 2)
  const values = await valuesIn(tools.kavka.bootstrapServers, 'moves')
  expect(values).toHaveLength(500)
  expect(bytesOf('moves', 2)).toEqual(bytesOf('moves', 1))

  tools.kavka.write('cluster.yaml', clusterManifest({ brokers: 4, config }))
  await tools.kavka.ready(4)
  const [done, , listed] = await run(verify(move(1, 2)), execute(move(3, 2)), 'reassign @ --list')
  expect(done).toContain('Reassignment of partition moves-0 is completed.')
  expect(listed).not.toContain('failed')
  await isOn(3, 2)
  const [elected, again] = await run(
    'elections @ --election-type preferred --topic moves --partition 0',
    verify(move(3, 2)),
  )
  expect(elected).not.toContain('failed')
  expect(again).toContain('Reassignment of partition moves-0 is completed.')
  await tools.kavka.until('led there', ({ topics }) => {
    return topics.find(({ name }) => name === 'moves')?.partitions[0]?.leader === 3
  })
  expect(await valuesIn(tools.kavka.bootstrapServers, 'moves')).toEqual(values)
  expect(bytesOf('moves', 3)).toEqual(bytesOf('moves', 2))
})

function bytesOf(topic: string, broker: number): Buffer {
  return bytesOfReplica(tools.kavka, { broker, topic, partition: 0 })
}

/** Has a port before a broker is there again: it does not come back until this is disposed of. */
async function takePort(port: number, killed: () => void): Promise<AsyncDisposable> {
  const server = createServer((socket) => socket.destroy())
  killed()
  for (let isTaken = false; !isTaken; ) {
    server.listen(port, '127.0.0.1')
    isTaken = await Promise.race([
      once(server, 'listening').then(() => true),
      once(server, 'error').then(() => false),
    ]).catch(() => false)
  }
  return {
    [Symbol.asyncDispose]: async () => {
      server.close()
      await once(server, 'close')
    },
  }
}
