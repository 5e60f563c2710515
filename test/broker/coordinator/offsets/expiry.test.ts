import { expect, test } from 'vitest'
import { metadataRecord } from '../../../../broker/metadata/records.ts'
import { newDisk } from '../../log/data-directory/support.ts'
import { uuid } from '../../metadata/support.ts'
import { topicOn } from '../../partition/support.ts'
import { offsetRecord, offsetsTopicOn, startGroups, type TestGroups } from '../support.ts'

const minuteMs = 60_000
/** When the clock of a test begins. */
const startMs = 1_000_000
const entries = new Map([
  ['offsets.retention.minutes', '10'],
  ['offsets.retention.check.interval.ms', `${minuteMs}`],
])

async function start(): Promise<TestGroups> {
  const own = await startGroups({ entries })
  own.partitions.tell(...offsetsTopicOn())
  return own
}

async function commit(
  own: TestGroups,
  group: string,
  more: Parameters<typeof offsetRecord>[2] = {},
): Promise<void> {
  const record = offsetRecord(group, 1, { commitTimestamp: own.clock.nowMs(), ...more })
  await own.coordinator.run(group, () => ({ records: [record], response: undefined }))
}

/** Groups with their topics, of which offsets are left. */
async function left({ coordinator }: TestGroups): Promise<Record<string, string[]>> {
  const all = await coordinator.run('g', ({ offsets }) => {
    const groups = [...offsets.groups()].map((group) => [group, [...offsets.ofGroup(group).keys()]])
    return { records: [], response: Object.fromEntries(groups) as Record<string, string[]> }
  })
  return all
}

/** Waits until groups were looked at, however many turns that takes. */
async function pass(own: TestGroups, minutes: number): Promise<void> {
  for (let left = minutes; left > 0; left--) {
    await own.clock.advance(minuteMs)
    for (let turns = 0; turns < 10; turns++) await own.clock.turn()
  }
}

test('what a consumer without a group committed goes after offsets.retention.minutes', async () => {
  const own = await start()
  await commit(own, 'g')
  await pass(own, 5)
  await commit(own, 'g', { topic: 'carts' })
  await pass(own, 4)
  expect(await left(own)).toEqual({ g: ['orders', 'carts'] })
  await pass(own, 1)
  expect(await left(own)).toEqual({ g: ['carts'] })
  await pass(own, 5)
  expect(await left(own)).toEqual({})
})

test('the offsets of a group without members go when it had none for that long, and then the group', async () => {
  const own = await start()
  const group = { state: 'Empty', protocolType: 'consumer' } as const
  own.groups.set('g', { ...group, emptySinceMs: startMs + 3 * minuteMs })
  await commit(own, 'g')
  await pass(own, 12)
  expect(await left(own)).toEqual({ g: ['orders'] })
  expect(own.memberships[0]?.replayed).toEqual([])
  await pass(own, 1)
  expect(await left(own)).toEqual({})
  expect(own.memberships[0]?.replayed).toEqual([{ type: 'GroupMetadata', group: 'g', value: null }])
})

test('where nobody noted since when a group is empty, the time of each offset counts', async () => {
  const own = await start()
  own.groups.set('g', { state: 'Empty', protocolType: 'consumer' })
  await commit(own, 'g')
  await pass(own, 5)
  await commit(own, 'g', { topic: 'carts' })
  await pass(own, 5)
  expect(await left(own)).toEqual({ g: ['carts'] })
  expect(own.groups.has('g')).toBe(true)
})

test('an empty group without offsets goes at the next look', async () => {
  const own = await start()
  own.groups.set('g', { state: 'Empty', protocolType: 'consumer', emptySinceMs: startMs })
  await pass(own, 1)
  expect(own.groups.has('g')).toBe(false)
})

test('members lose the offsets of topics only that they do not subscribe to any more', async () => {
  const own = await start()
  const group = { state: 'Stable', protocolType: 'consumer', subscribed: ['orders'] } as const
  own.groups.set('g', { ...group, subscribed: ['orders'] })
  own.groups.set('rebalancing', { state: 'PreparingRebalance', protocolType: 'consumer' })
  own.groups.set('connect', { state: 'Stable', protocolType: 'connect' })
  for (const name of ['g', 'rebalancing', 'connect']) {
    await commit(own, name)
    await commit(own, name, { topic: 'carts' })
  }
  await pass(own, 11)
  expect(await left(own)).toEqual({
    g: ['orders'],
    rebalancing: ['orders', 'carts'],
    connect: ['orders', 'carts'],
  })
})

test('an offset that its client gave an end goes then', async () => {
  const own = await start()
  await commit(own, 'g', { expireTimestamp: startMs + 90_000 })
  await commit(own, 'h')
  await pass(own, 1)
  expect(await left(own)).toEqual({ g: ['orders'], h: ['orders'] })
  await pass(own, 1)
  expect(await left(own)).toEqual({ h: ['orders'] })
})

test('a thousand groups are looked at in turns', async () => {
  const own = await start()
  const records = Array.from({ length: 1_000 }, (_, i) => offsetRecord(`g-${i}`, 1))
  await own.coordinator.run('g', () => ({ records, response: undefined }))
  await pass(own, 10)
  expect(await left(own)).toEqual({})
  expect(own.log.lines).toMatchObject([{ fields: { partition: 0, records: 2_000 } }])
  expect(own.fatal).toEqual([])
})

test('the offsets of a topic that was deleted while nobody listened go once they are loaded', async () => {
  const disk = newDisk()
  const first = await startGroups({ disk, entries })
  first.partitions.tell(
    ...offsetsTopicOn(),
    ...topicOn('orders', uuid(1)),
    ...topicOn('carts', uuid(2)),
  )
  await commit(first, 'g', { topicId: uuid(1) })
  await commit(first, 'g', { topic: 'carts', topicId: uuid(2) })
  await commit(first, 'h')
  await first.partitions.dataDirectory.stop({ brokerEpoch: 1 })

  const second = await startGroups({ disk, entries })
  second.partitions.tell(
    ...offsetsTopicOn(),
    ...topicOn('orders', uuid(1)),
    metadataRecord('RemoveTopicRecord', { topicId: uuid(1) }),
    ...topicOn('orders', uuid(3)),
    ...topicOn('carts', uuid(2)),
  )
  for (let turns = 0; turns < 20; turns++) await second.clock.turn()
  // Of h nobody noted which topic of that name it read.
  expect(await left(second)).toEqual({ g: ['carts'], h: ['orders'] })
})
