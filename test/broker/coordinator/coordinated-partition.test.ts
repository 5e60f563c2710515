import { expect, test } from 'vitest'
import type { CoordinatorState } from '../../../broker/coordinator/coordinator-state.ts'
import type { Decision } from '../../../broker/coordinator/decision.ts'
import { encodeCoordinatorRecord } from '../../../broker/coordinator/record-codec.ts'
import { metadataRecord } from '../../../broker/metadata/records.ts'
import { KafkaError } from '../../../broker/protocol/errors.ts'
import { buildBatch } from '../../../broker/protocol/records/build.ts'
import { newDisk } from '../log/data-directory/support.ts'
import {
  offsetRecord,
  offsetsTopicId,
  offsetsTopicOn,
  startGroups,
  type TestGroups,
} from './support.ts'

const offsetOf =
  (group: string) =>
  ({ offsets }: CoordinatorState): Decision<number | undefined> => {
    return { records: [], response: offsets.get(group, 'orders', 0)?.offset }
  }
/** What somebody hears who asks for the offset of a group. */
const answerOf = ({ coordinator }: TestGroups, group = 'g') =>
  coordinator.run(group, offsetOf(group)).catch(({ code }: KafkaError) => code)
const commitOf = ({ coordinator }: TestGroups, offset: number) =>
  coordinator
    .run('g', () => ({ records: [offsetRecord('g', offset)], response: 'done' }))
    .catch(({ code }: KafkaError) => code)

async function settled({ clock }: TestGroups): Promise<void> {
  for (let turns = 0; turns < 20; turns++) await clock.turn()
}

/** A broker that leads a log in which a group has committed offset 5. */
async function restarted({ count = 1 } = {}): Promise<TestGroups> {
  const disk = newDisk()
  const first = await startGroups({ disk })
  first.partitions.tell(...offsetsTopicOn({ count }))
  const { key, value } = encodeCoordinatorRecord(offsetRecord('g', 5))
  for (let index = 0; index < count; index++) {
    const records = [{ timestamp: 1, key, value }]
    first.partition(index).appendOwn(buildBatch({ records }))
  }
  await first.partitions.dataDirectory.stop({ brokerEpoch: 1 })
  const second = await startGroups({ disk })
  second.partitions.tell(...offsetsTopicOn({ count }))
  return second
}

/** Its high watermark does not get any further, until that is settled. */
function holdHighWatermark(own: TestGroups, index = 0) {
  const partition = own.partition(index)
  const asked: number[] = []
  const waits: PromiseWithResolvers<void>[] = []
  partition.untilCommitted = (offset) => {
    asked.push(offset)
    const wait = Promise.withResolvers<void>()
    waits.push(wait)
    return wait.promise
  }
  return {
    asked,
    refuse: (code: KafkaError['code']) => waits.shift()?.reject(new KafkaError(code, 'so it is')),
    release() {
      partition.untilCommitted = () => undefined
      for (const { resolve } of waits) resolve()
    },
  }
}

test('nobody is told of what was loaded before the high watermark is behind it', async () => {
  const own = await restarted()
  const held = holdHighWatermark(own)
  await settled(own)
  expect(await answerOf(own)).toBe('COORDINATOR_LOAD_IN_PROGRESS')
  expect(held.asked).toEqual([1])
  expect(own.memberships[0]?.happened).toEqual([])
  held.release()
  await settled(own)
  expect(await answerOf(own)).toBe(5)
  expect(own.memberships[0]?.happened).toEqual(['loaded'])
})

test('one log is loaded while another waits for its high watermark', async () => {
  const own = await restarted({ count: 2 })
  holdHighWatermark(own, own.coordinator.partitionOf('g') === 0 ? 1 : 0)
  await settled(own)
  expect(await answerOf(own)).toBe(5)
})

test.each(['REQUEST_TIMED_OUT', 'NOT_LEADER_OR_FOLLOWER'] as const)(
  'groups go on waiting for the high watermark after %s',
  async (code) => {
    const own = await restarted()
    const held = holdHighWatermark(own)
    await settled(own)
    held.refuse(code)
    await settled(own)
    expect(await answerOf(own)).toBe('COORDINATOR_LOAD_IN_PROGRESS')
    await own.clock.advance(1_000)
    expect(held.asked).toEqual([1, 1])
    held.release()
    await settled(own)
    expect(await answerOf(own)).toBe(5)
  },
)

test('a log whose disk fails before it is committed is loaded again', async () => {
  const own = await restarted()
  const held = holdHighWatermark(own)
  await settled(own)
  held.refuse('KAFKA_STORAGE_ERROR')
  await settled(own)
  expect(await answerOf(own)).toBe('NOT_COORDINATOR')
  held.release()
  await own.clock.advance(10_000)
  await settled(own)
  expect(await answerOf(own)).toBe(5)
})

test('groups that wait for the high watermark do not come back once they are led elsewhere', async () => {
  const own = await restarted()
  const held = holdHighWatermark(own)
  await settled(own)
  lead(own, 4)
  held.release()
  await settled(own)
  expect(await answerOf(own)).toBe('NOT_COORDINATOR')
  expect(own.memberships[0]?.happened).toEqual(['unloaded: NOT_COORDINATOR'])
})

test('groups of the same leader in another epoch are unloaded before they are loaded', async () => {
  const own = await startGroups()
  own.partitions.tell(...offsetsTopicOn())
  await commitOf(own, 5)
  const waits = Promise.withResolvers<string>()
  const waiting = own.coordinator
    .run('g', () => ({ records: [], response: waits.promise }))
    .catch(({ code }: KafkaError) => code)
  lead(own, 3)
  expect(await answerOf(own)).toBe('COORDINATOR_LOAD_IN_PROGRESS')
  waits.resolve('too late')
  expect(await waiting).toBe('NOT_COORDINATOR')
  await settled(own)
  expect(await answerOf(own)).toBe(5)
  expect(own.memberships.map(({ happened }) => happened)).toEqual([
    ['loaded', 'unloaded: NOT_COORDINATOR'],
    ['loaded'],
  ])
})

test('groups stay as they are while nothing but the ISR changes', async () => {
  const own = await startGroups()
  own.partitions.tell(...offsetsTopicOn())
  const change = { topicId: offsetsTopicId, partitionId: 0, isr: [3, 4], replicas: [3, 4] }
  own.partitions.tell(metadataRecord('PartitionChangeRecord', change))
  expect(own.memberships.map(({ happened }) => happened)).toEqual([['loaded']])
})

test('a disk that fails at an append has groups loaded once, and read on', async () => {
  const disk = newDisk()
  const own = await startGroups({ disk })
  own.partitions.tell(...offsetsTopicOn())
  await commitOf(own, 5)
  await own.partition().log.written()
  disk.disk.fail({ call: 'write', code: 'ENOSPC' })
  for (const offset of [6, 7, 8]) {
    expect(await commitOf(own, offset)).toBe('NOT_COORDINATOR')
    await settled(own)
    expect(await answerOf(own)).toBe(5)
  }
  expect(own.memberships.map(({ happened }) => happened)).toEqual([
    ['loaded', 'unloaded: NOT_COORDINATOR'],
    ['loaded'],
  ])
})

/** Another leader, or the same in another epoch. */
function lead(own: TestGroups, leader: number): void {
  const change = { topicId: offsetsTopicId, partitionId: 0, replicas: [leader], isr: [leader] }
  own.partitions.tell(metadataRecord('PartitionChangeRecord', { ...change, leader }))
}
