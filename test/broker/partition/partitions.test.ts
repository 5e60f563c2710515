import { expect, test } from 'vitest'
import { applyRetentionToAll } from '../../../broker/log/maintenance/retain.ts'
import { metadataRecord } from '../../../broker/metadata/records.ts'
import { WaitingAppends } from '../../../broker/partition/waiting-appends.ts'
import { zeroUuid } from '../../../broker/protocol/codec/uuid.ts'
import { realClock } from '../../../lib/clock.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { newDisk, stopped } from '../log/data-directory/support.ts'
import { uuid } from '../metadata/support.ts'
import { byName, produced, startPartitions, topicOn } from './support.ts'

const all = { acks: -1, timeoutMs: 1_000 } as const
const kafkaError = (code: string) => expect.objectContaining({ name: 'KafkaError', code })
const reading = { maxBytes: 1_000, isolation: 'read_uncommitted' } as const

test('a batch that was acknowledged can be read, by name and by id', async () => {
  const broker = await startPartitions()
  broker.tell(...topicOn('orders', uuid(1)))
  const leader = broker.partitions.leaderOf(byName('orders'), 0)
  const [first] = await leader.append([produced('a', 'b')], all)
  expect(first).toMatchObject({ baseOffset: 0, nextOffset: 2 })
  expect(leader.highWatermark).toBe(2)
  expect(leader.read(0, reading).sizeBytes).toBeGreaterThan(0)
  expect(leader.endOffsetFor(5)).toEqual({ epoch: 5, endOffset: 2 })
  expect(broker.partitions.leaderOf({ topicId: uuid(1), name: '' }, 0)).toBe(leader)
})

test('who does not lead a partition says why', async () => {
  const broker = await startPartitions()
  broker.tell(...topicOn('orders', uuid(1)), ...topicOn('elsewhere', uuid(2), { leader: 7 }))
  const asked = (name: string, topicId: string, index: number) => () =>
    broker.partitions.leaderOf({ name, topicId }, index)
  expect(asked('nobody', zeroUuid, 0)).toThrow(kafkaError('UNKNOWN_TOPIC_OR_PARTITION'))
  expect(asked('orders', zeroUuid, 1)).toThrow(kafkaError('UNKNOWN_TOPIC_OR_PARTITION'))
  expect(asked('', uuid(9), 0)).toThrow(kafkaError('UNKNOWN_TOPIC_ID'))
  expect(asked('elsewhere', zeroUuid, 0)).toThrow(kafkaError('NOT_LEADER_OR_FOLLOWER'))
  expect(broker.problems).toEqual([])
})

test('with kavka.flush=Always a batch is committed when the disk has it', async () => {
  const broker = await startPartitions()
  broker.tell(
    ...topicOn('orders', uuid(1)),
    metadataRecord('ConfigRecord', {
      resourceType: 2,
      resourceName: 'orders',
      name: 'kavka.flush',
      value: 'Always',
    }),
  )
  const leader = broker.partitions.leaderOf(byName('orders'), 0)
  const appended = leader.append([produced('a')], all)
  expect(leader.highWatermark).toBe(0)
  await appended
  expect(leader.highWatermark).toBe(1)
  expect(leader.log.flushedEndOffset).toBe(1)
})

test('who reads at the end is woken by what is appended', async () => {
  const broker = await startPartitions()
  broker.tell(...topicOn('orders', uuid(1)))
  const leader = broker.partitions.leaderOf(byName('orders'), 0)
  let woken = 0
  const end = leader.watch(() => void woken++)
  await leader.append([produced('a')], all)
  expect(woken).toBe(1)
  end()
  await leader.append([produced('b')], all)
  expect(woken).toBe(1)
})

test('a partition that is led elsewhere refuses what comes to it', async () => {
  const broker = await startPartitions()
  broker.tell(...topicOn('orders', uuid(1)))
  const leader = broker.partitions.leaderOf(byName('orders'), 0)
  const change = { topicId: uuid(1), partitionId: 0 }
  broker.tell(metadataRecord('PartitionChangeRecord', { ...change, leader: -1 }))
  await expect(leader.append([produced('a')], all)).rejects.toThrow(
    kafkaError('NOT_LEADER_OR_FOLLOWER'),
  )
  broker.tell(metadataRecord('PartitionChangeRecord', { ...change, leader: 3 }))
  expect(broker.partitions.leaderOf(byName('orders'), 0)).toBe(leader)
  expect(leader.leaderEpoch).toBe(7)
  expect(() => leader.checkLeaderEpoch(6)).toThrow(kafkaError('FENCED_LEADER_EPOCH'))
  expect(() => leader.checkLeaderEpoch(8)).toThrow(kafkaError('UNKNOWN_LEADER_EPOCH'))
})

test('data goes only with a topic that was removed, also while the broker was away', async () => {
  const disk = newDisk()
  const broker = await startPartitions({ disk })
  broker.tell(...topicOn('orders', uuid(1)), ...topicOn('carts', uuid(2)))
  for (const name of ['orders', 'carts']) {
    await broker.partitions.leaderOf(byName(name), 0).append([produced('a')], all)
  }
  broker.tell(metadataRecord('RemoveTopicRecord', { topicId: uuid(1) }))
  await turns()
  expect([...broker.dataDirectory.partitions()].map(({ topic }) => topic)).toEqual(['carts'])
  broker.partitions.stop()
  await broker.dataDirectory.stop(stopped)

  const again = await startPartitions({ disk })
  again.tell(...topicOn('other', uuid(3))) // an image without the topic proves nothing
  await turns()
  expect([...again.dataDirectory.partitions()].map(({ topic }) => topic)).toEqual(['carts'])
  const last = await startPartitions({ disk })
  last.tell(...topicOn('carts', uuid(2)), metadataRecord('RemoveTopicRecord', { topicId: uuid(2) }))
  await turns()
  expect([...last.dataDirectory.partitions()]).toEqual([])
})

test('settings of the broker hold for topics that have none of their own', async () => {
  const broker = await startPartitions({ entries: new Map([['log.segment.bytes', '2000000']]) })
  broker.tell(...topicOn('orders', uuid(1)))
  const { log } = broker.partitions.leaderOf(byName('orders'), 0)
  expect(log.config.segmentBytes).toBe(2_000_000)
  const own = { resourceType: 2, resourceName: 'orders', name: 'segment.bytes', value: '3000000' }
  broker.tell(metadataRecord('ConfigRecord', own))
  expect(log.config.segmentBytes).toBe(3_000_000)
})

test('a retention.ms that is made shorter holds for what was written before, at once', async () => {
  const broker = await startPartitions()
  broker.tell(...topicOn('orders', uuid(1)))
  const leader = broker.partitions.leaderOf(byName('orders'), 0)
  await leader.append([produced('a', 'b')], all) // with the timestamp 1,000
  const retain = () => {
    const report = ({ error }: { error: unknown }) => {
      throw error
    }
    const options = { clock: new ManualClock(3_000), report, isStopped: () => false }
    return applyRetentionToAll(broker.partitions.maintained(), options)
  }
  await retain()
  expect(leader.log.logStartOffset).toBe(0)
  const own = { resourceType: 2, resourceName: 'orders', name: 'retention.ms', value: '1000' }
  broker.tell(metadataRecord('ConfigRecord', own))
  await retain()
  expect(leader.log.logStartOffset).toBe(2)
})

test('a log that cannot be written is answered with KAFKA_STORAGE_ERROR', async () => {
  const disk = newDisk()
  const broker = await startPartitions({ disk })
  broker.tell(...topicOn('orders', uuid(1)))
  const leader = broker.partitions.leaderOf(byName('orders'), 0)
  await leader.append([produced('a')], all)
  leader.log.close()
  await expect(leader.append([produced('b')], all)).rejects.toThrow(
    kafkaError('KAFKA_STORAGE_ERROR'),
  )
})

test('who waits for longer than its timeout is told so', async () => {
  const waiting = new WaitingAppends(realClock)
  await expect(waiting.add('committed', 5, 1)).rejects.toThrow(kafkaError('REQUEST_TIMED_OUT'))
  const answered = waiting.add('written', 5, 60_000)
  waiting.advance({ written: 4, committed: 9 })
  expect(waiting.count).toBe(1)
  waiting.advance({ written: 5, committed: 4 })
  await answered
  expect(waiting.count).toBe(0)
})

test('the data of a topic with many partitions goes a few at a time', {
  timeout: 20_000,
}, async () => {
  const broker = await startPartitions()
  const count = 100
  broker.tell(...topicOn('orders', uuid(1), { count }))
  for (let index = 0; index < count; index++) {
    await broker.partitions.leaderOf(byName('orders'), index).append([produced('a')], all)
  }
  const left = () => [...broker.dataDirectory.partitions()].length
  broker.tell(metadataRecord('RemoveTopicRecord', { topicId: uuid(1) }))
  const seen = [left()]
  while (left() > 0) {
    await realClock.turn()
    seen.push(left())
  }
  const steps = seen.slice(1).map((now, at) => (seen[at] as number) - now)
  expect(seen[0]).toBe(count)
  expect(Math.max(...steps)).toBeLessThanOrEqual(8)
})

test('a topic that is made anew at once has nothing of the one before it', async () => {
  const broker = await startPartitions()
  broker.tell(...topicOn('orders', uuid(1), { count: 40 }))
  await broker.partitions.leaderOf(byName('orders'), 39).append([produced('old')], all)
  broker.tell(
    metadataRecord('RemoveTopicRecord', { topicId: uuid(1) }),
    ...topicOn('orders', uuid(2), { count: 40 }),
  )
  const leader = broker.partitions.leaderOf(byName('orders'), 39)
  const [first] = await leader.append([produced('new')], all)
  expect(first).toMatchObject({ baseOffset: 0 })
  await turns()
  expect(leader.read(0, reading).sizeBytes).toBeGreaterThan(0)
  expect(broker.problems).toEqual([])
})

/** In which data goes. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await realClock.turn()
}

test('on a disk without room what is there is read on, and what is new is refused', async () => {
  const disk = newDisk()
  const broker = await startPartitions({ disk })
  broker.tell(...topicOn('orders', uuid(1)))
  const leader = broker.partitions.leaderOf(byName('orders'), 0)
  await leader.append([produced('a')], all)
  disk.disk.fail({ call: 'write', code: 'ENOSPC' })
  await expect(leader.append([produced('b')], all)).rejects.toEqual(
    kafkaError('KAFKA_STORAGE_ERROR'),
  )
  expect(broker.problems).toEqual([expect.objectContaining({ problem: 'DiskFull' })])
  const same = broker.partitions.leaderOf(byName('orders'), 0)
  expect(same.read(0, reading).sizeBytes).toBe(produced('a').byteLength)
  expect(same.highWatermark).toBe(1)
  await expect(same.append([produced('c')], all), 'until it is opened anew').rejects.toEqual(
    kafkaError('KAFKA_STORAGE_ERROR'),
  )
})

test('a log whose disk failed is not read: nothing is known of it', async () => {
  const disk = newDisk()
  const broker = await startPartitions({ disk })
  broker.tell(...topicOn('orders', uuid(1)))
  const leader = broker.partitions.leaderOf(byName('orders'), 0)
  await leader.append([produced('a')], all)
  disk.disk.fail({ call: 'write', code: 'EIO' })
  await expect(leader.append([produced('b')], all)).rejects.toEqual(
    kafkaError('KAFKA_STORAGE_ERROR'),
  )
  expect(() => broker.partitions.leaderOf(byName('orders'), 0)).toThrow(
    kafkaError('KAFKA_STORAGE_ERROR'),
  )
})

test('retention makes room where there is none: what it removes is known to be there', async () => {
  const disk = newDisk()
  const broker = await startPartitions({ disk })
  broker.tell(...topicOn('orders', uuid(1)))
  const leader = broker.partitions.leaderOf(byName('orders'), 0)
  await leader.append([produced('a', 'b')], all) // with the timestamp 1,000
  await leader.log.roll()
  await leader.append([produced('c')], all)
  disk.disk.fail({ call: 'write', code: 'ENOSPC' })
  await expect(leader.append([produced('d')], all)).rejects.toEqual(
    kafkaError('KAFKA_STORAGE_ERROR'),
  )
  const own = { resourceType: 2, resourceName: 'orders', name: 'retention.ms', value: '1000' }
  broker.tell(metadataRecord('ConfigRecord', own))
  await applyRetentionToAll(broker.partitions.maintained(), {
    clock: new ManualClock(3_000),
    report: ({ error }) => {
      throw error
    },
    isStopped: () => false,
  })
  expect([leader.log.logStartOffset, leader.log.segmentCount]).toEqual([2, 1])
  const again = await startPartitions({ disk })
  again.tell(...topicOn('orders', uuid(1)))
  const reopened = again.partitions.leaderOf(byName('orders'), 0)
  expect([reopened.log.logStartOffset, reopened.log.logEndOffset]).toEqual([2, 3])
})
