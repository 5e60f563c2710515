import { onTestFinished, test } from 'vitest'
import { connect } from '../../../broker/net/connect.ts'
import { realClock } from '../../../lib/clock.ts'
import { startMemoryController } from '../../support/memory-controller.ts'
import { mb, Producer, SlowConsumer, startInProcess } from '../broker-in-process.ts'
import { optionsIn, temporaryFolder } from '../running-broker.ts'

/** More than a broker keeps in memory of the ends of its logs, so that all of it is used again. */
const muchBytes = 40 * mb
const topics = ['topic-0', 'topic-1'] as const

test('what a slow consumer gets of a follower is what was sent to the leader', async () => {
  const { leader, follower } = await startTwo()
  const slow = await SlowConsumer.open(follower)
  const producers = await Promise.all(topics.map((topic) => Producer.open(leader, topic)))
  const sizes = [70_000, 300_000, 3_000, 20_000]
  await Promise.all(producers.map((own) => own.send(2 * mb, sizes, { acks: -1 })))

  // It asks for what is in memory, and takes none of it while that is used for others.
  slow.pause()
  for (const topic of topics) slow.ask(topic, 0)
  const other = [65_000, 9_000, 400, 900_000]
  await Promise.all(producers.map((own) => own.send(muchBytes / 2, other, { acks: -1 })))
  slow.resume()
  for (const own of producers) own.expectSame(0, await slow.answer())
  for (const own of producers) await own.expectAll(slow)
})

/** Two brokers in this process, the first of which leads all topics and the second follows. @returns Ports. */
async function startTwo(): Promise<{ leader: number; follower: number }> {
  const controller = await startMemoryController({ sessionTimeoutMs: 60_000 })
  onTestFinished(async () => void (await controller.close()))
  const start = ({ nodeId }: { nodeId: number }) => {
    const address = { host: '127.0.0.1', port: controller.port }
    return startInProcess(optionsIn(temporaryFolder(), address, { nodeId }))
  }
  const leader = await start({ nodeId: 1 })
  const follower = await start({ nodeId: 2 })
  const connection = await connect({ host: '127.0.0.1', port: leader.port, clock: realClock })
  onTestFinished(() => connection.close())
  const assignments = [{ partitionIndex: 0, brokerIds: [1, 2] }]
  await connection.request('CreateTopics', 7, {
    topics: topics.map((name) => ({
      name,
      numPartitions: -1,
      replicationFactor: -1,
      assignments,
      configs: [],
    })),
    timeoutMs: 10_000,
  })
  return { leader: leader.port, follower: follower.port }
}
