import { expect, test } from 'vitest'
import type { ClientConnection } from '../../broker/net/client-connection.ts'
import { errorCodes } from '../../broker/protocol/generated/error-codes.ts'
import { startController } from '../support/test-controller.ts'
import { until } from './net/support.ts'
import { optionsIn, RunningBroker, temporaryFolder } from './running-broker.ts'

const groups = ['a', 'b', 'c', 'd', 'e', 'f']

test('what groups committed is there again after kill -9 while they commit, and after an orderly stop', {
  timeout: 60_000,
}, async () => {
  const controller = await startController()
  const folder = temporaryFolder()
  const options = optionsIn(folder, { host: '127.0.0.1', port: controller.port })
  const start = async () => {
    const broker = RunningBroker.start(folder, options, 'shipped')
    await broker.ready()
    return { broker, client: await broker.connect() }
  }
  let { broker, client } = await start()
  await createTopic(client)
  const acknowledged = new Map(groups.map((group) => [group, 0]))
  for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
    await findCoordinators(client)
    const before = sumOf(acknowledged)
    const working = Promise.allSettled(groups.map((group) => commitOn(client, group, acknowledged)))
    await until(() => sumOf(acknowledged) > before + 500, 'committed')
    broker.kill(signal)
    await Promise.all([working, broker.exit()])
    ;({ broker, client } = await start())
    for (const group of groups) {
      const last = acknowledged.get(group) as number
      // The next one may have been kept, too, though nobody heard of it.
      expect([last, last + 1]).toContain(await fetchLoaded(client, group))
    }
  }
})

/** Commits one offset after the other until the broker is gone. */
async function commitOn(
  client: ClientConnection,
  group: string,
  acknowledged: Map<string, number>,
) {
  for (;;) {
    const committedOffset = (acknowledged.get(group) as number) + 1
    const partition = { partitionIndex: 0, committedOffset, committedMetadata: '' }
    const { topics } = await client.request('OffsetCommit', 9, {
      groupId: group,
      memberId: '',
      topics: [{ name: 'orders', partitions: [partition] }],
    })
    const errorCode = topics[0]?.partitions[0]?.errorCode
    // A broker that stops sends its groups away.
    if (errorCode === errorCodes.NOT_COORDINATOR) return
    expect(errorCode).toBe(errorCodes.NONE)
    acknowledged.set(group, committedOffset)
  }
}

async function fetchLoaded(client: ClientConnection, groupId: string): Promise<number | undefined> {
  for (;;) {
    const topics = [{ name: 'orders', partitionIndexes: [0] }]
    const answer = await client.request('OffsetFetch', 7, { groupId, topics, groups: [] })
    if (answer.errorCode === errorCodes.COORDINATOR_LOAD_IN_PROGRESS) continue
    expect(answer.errorCode).toBe(errorCodes.NONE)
    return answer.topics[0]?.partitions[0]?.committedOffset
  }
}

async function findCoordinators(client: ClientConnection): Promise<void> {
  const { coordinators } = await client.request('FindCoordinator', 4, { coordinatorKeys: groups })
  expect(coordinators.map(({ nodeId, errorCode }) => [nodeId, errorCode])).toEqual(
    groups.map(() => [3, errorCodes.NONE]),
  )
}

async function createTopic(client: ClientConnection): Promise<void> {
  const topic = { name: 'orders', numPartitions: 1, replicationFactor: 1 }
  const topics = [{ ...topic, assignments: [], configs: [] }]
  const answer = await client.request('CreateTopics', 7, { topics, timeoutMs: 5_000 })
  expect(answer.topics[0]?.errorCode).toBe(errorCodes.NONE)
}

function sumOf(acknowledged: ReadonlyMap<string, number>): number {
  return [...acknowledged.values()].reduce((sum, offset) => sum + offset, 0)
}
