import { expect, onTestFinished, test } from 'vitest'
import { errorCodes } from '../../../../broker/protocol/generated/error-codes.ts'
import { baseSequenceOf } from '../../../../broker/protocol/records/header.ts'
import { readRecords } from '../../../../broker/protocol/records/read.ts'
import { Cluster } from '../../../../cli/client/cluster.ts'
import { Producer } from '../../../../cli/client/produce/producer.ts'
import { WatchedTopic } from '../../../../cli/client/watched-topic.ts'
import { realClock } from '../../../../lib/clock.ts'
import { realRandom } from '../../../../lib/random.ts'
import { until } from '../../../broker/net/support.ts'
import { scriptBroker } from '../scripted-broker.ts'

test.each([
  ['has moved', errorCodes.NOT_LEADER_OR_FOLLOWER],
  ['goes away without an answer', 'closed'],
] as const)(
  'where the leader %s, the same batch is sent again, with its sequence',
  async (_, what) => {
    const { producer, batches } = await start({ leaders: [[1], [2]], produced: [0, what, 0] })
    for (const value of ['a', 'b', 'c']) {
      await producer.send({ key: null, value: Buffer.from(value) })
      await producer.flush()
    }

    expect(batches.map(shown)).toEqual(['0: a', '1: b', '1: b', '2: c'])
    expect(producer.delivered).toBe(3)
  },
)

test('what is sent while another batch is under way follows by itself', async () => {
  const { producer, batches } = await start({ leaders: [[1]], produced: [] })
  await producer.send({ key: null, value: Buffer.from('a') })
  await until(() => batches.length === 1, 'sent')
  await producer.send({ key: null, value: Buffer.from('b') })
  await until(() => batches.length === 2, 'sent')

  expect(batches.map(shown)).toEqual(['0: a', '1: b'])
})

test('a partition without a leader waits for one', async () => {
  const { producer, batches } = await start({ leaders: [[-1], [-1], [1]], produced: [] })
  await producer.send({ key: null, value: Buffer.from('a') })
  await producer.flush()

  expect(batches.map(shown)).toEqual(['0: a'])
})

test('a batch that is too large is split, and its records keep their sequence', async () => {
  const { producer, batches } = await start({
    leaders: [[1]],
    produced: [errorCodes.MESSAGE_TOO_LARGE],
  })
  for (const value of ['a', 'b', 'c']) await producer.send({ key: null, value: Buffer.from(value) })
  await producer.flush()

  expect(batches.map(shown)).toEqual(['0: abc', '0: a', '1: bc'])
})

test('what is not delivered in two minutes is given up, with what was wrong', async () => {
  const time = { skippedMs: 0 }
  const clock = { ...realClock, monotonicMs: () => realClock.monotonicMs() + time.skippedMs }
  const { NOT_LEADER_OR_FOLLOWER: moved } = errorCodes
  const { producer } = await start({ leaders: [[1]], produced: Array(100).fill(moved) }, clock)
  await producer.send({ key: null, value: Buffer.from('a') })
  const flushed = producer.flush()
  time.skippedMs = 120_001

  await expect(flushed).rejects.toThrow(
    "not delivered in 120 s: partition 0 of topic 'orders': NOT_LEADER_OR_FOLLOWER",
  )
  expect(producer.failed.aborted).toBe(true)
})

test('what no retry can mend ends it at once', async () => {
  const { producer, batches } = await start({
    leaders: [[1]],
    produced: [errorCodes.INVALID_RECORD],
  })
  await producer.send({ key: null, value: Buffer.from('a') })

  await expect(producer.flush()).rejects.toThrow("partition 0 of topic 'orders': INVALID_RECORD")
  expect(batches).toHaveLength(1)
})

async function start(script: Parameters<typeof scriptBroker>[0], clock = realClock) {
  const { batches, address } = await scriptBroker(script)
  const cluster = new Cluster([address], clock)
  onTestFinished(() => cluster.close())
  const topic = await WatchedTopic.find({ cluster, clock, name: 'orders', mayBeMade: false })
  const producer = new Producer({
    cluster,
    topic,
    clock,
    random: realRandom,
    acks: -1,
    compression: 'none',
    id: { producerId: 7, producerEpoch: 0 },
    partition: undefined,
    warn: () => {},
  })
  return { producer, batches }
}

function shown(batch: Uint8Array): string {
  const records = readRecords(batch, { budget: { remainingBytes: 0 } })
  const values = records.map(({ value }) => Buffer.from(value ?? []).toString())
  return `${baseSequenceOf(batch, 0)}: ${values.join('')}`
}
