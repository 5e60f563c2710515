import { expect, test } from 'vitest'
import { newDisk } from '../log/data-directory/support.ts'
import { uuid } from '../metadata/support.ts'
import { byName, produced, startPartitions, topicOn } from './support.ts'

const all = { acks: -1, timeoutMs: 1_000 } as const
const orders = topicOn('orders', uuid(1))

test.each([
  ['a crash of the process', { keepCache: true, unsynced: 'everything' }],
  ['a loss of power', { keepCache: false, unsynced: 'nothing' }],
] as const)('records that were deleted do not come back by %s', async (_, loss) => {
  const own = newDisk()
  const before = await startPartitions({ disk: own })
  before.tell(...orders)
  const leader = before.partitions.leaderOf(byName('orders'), 0)
  await leader.append([produced('a', 'b'), produced('c')], all)
  await leader.log.flush()
  expect(await leader.deleteRecordsBefore(2, 0)).toBe(2)
  own.disk.crash(loss)

  const after = await startPartitions({ disk: { disk: own.disk, files: own.disk.files() } })
  after.tell(...orders)
  const again = after.partitions.leaderOf(byName('orders'), 0)
  expect([again.log.logStartOffset, again.log.logEndOffset]).toEqual([2, 3])
})

test('what cannot be made durable is not answered as deleted', async () => {
  const own = newDisk()
  const kafka = await startPartitions({ disk: own })
  kafka.tell(...orders)
  const leader = kafka.partitions.leaderOf(byName('orders'), 0)
  await leader.append([produced('a', 'b')], all)
  own.disk.fail({ call: 'rename', path: /log-start-offset-checkpoint/, code: 'EIO' })
  await expect(leader.deleteRecordsBefore(1, 0)).rejects.toMatchObject({
    name: 'KafkaError',
    code: 'KAFKA_STORAGE_ERROR',
  })
  expect(kafka.problems).toMatchObject([{ problem: 'DiskFailed' }])
})
