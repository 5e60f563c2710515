import { expect, test } from 'vitest'
import { buildBatch } from '../../../broker/protocol/records/build.ts'
import { produced } from '../partition/support.ts'
import { Replicated } from './replicated.ts'
import { valuesOf } from './values-of.ts'

const all = { acks: -1, timeoutMs: 10_000 } as const
const one = { acks: 1, timeoutMs: 10_000 } as const

const poll = { timeout: 10_000, interval: 2 }

test('what is acknowledged with acks=all is on every replica, byte for byte', async () => {
  const topic = await Replicated.start()
  await topic.on(1).append([produced('a', 'b')], all)
  await topic.on(1).append([produced('c')], all)
  for (const id of [1, 2, 3]) expect(valuesOf(topic.on(id)), `${id}`).toEqual(['a', 'b', 'c'])
  expect(topic.on(1).highWatermark).toBe(3)
})

test('followers hear of the high watermark though nothing more is written', async () => {
  const topic = await Replicated.start()
  await topic.on(1).append([produced('a')], all)
  for (const id of [2, 3]) await expect.poll(() => topic.on(id).highWatermark, poll).toBe(1)
})

test('a follower that waits costs nothing but its long poll', async () => {
  const topic = await Replicated.start()
  await topic.on(1).append([produced('a')], all)
  for (const id of [2, 3]) await expect.poll(() => topic.on(id).highWatermark, poll).toBe(1)
  const before = topic.fetches
  await new Promise((resolve) => void setTimeout(resolve, 200))
  expect(topic.fetches - before).toBeLessThanOrEqual(2)
})

test('more than one answer holds comes in several', async () => {
  const topic = await Replicated.start()
  const value = 'x'.repeat(900_000)
  for (let i = 0; i < 5; i++) await topic.on(1).append([produced(value)], one)
  await topic.on(1).append([produced('last')], all)
  expect(valuesOf(topic.on(3)).map(({ length }) => length)).toEqual([...Array(5).fill(900_000), 4])
})

test('a topic that flushes always commits what followers have flushed', async () => {
  const topic = await Replicated.start({ settings: { 'kavka.flush': 'Always' } })
  await topic.on(1).append([produced('a')], all)
  for (const id of [1, 2, 3]) expect(topic.on(id).log.flushedEndOffset, `${id}`).toBe(1)
})

test('a follower that is away leaves the ISR, and is taken in when it has all', async () => {
  const topic = await Replicated.start({ config: { 'replica.lag.time.max.ms': '500' } })
  await topic.on(1).append([produced('a')], all)
  topic.cut(3)
  const appended = topic.on(1).append([produced('b')], all)
  await expect.poll(() => topic.partition.isr, poll).toEqual([1, 2])
  await appended
  expect(topic.on(3).log.logEndOffset).toBe(1)
  topic.heal(3)
  await expect.poll(() => topic.partition.isr, poll).toEqual([1, 2, 3])
  expect(valuesOf(topic.on(3))).toEqual(['a', 'b'])
})

test('a leader with too few in sync refuses acks=all, and takes what wants less', async () => {
  const topic = await Replicated.start({
    settings: { 'min.insync.replicas': '2' },
    config: { 'replica.lag.time.max.ms': '500' },
  })
  topic.cut(2)
  topic.cut(3)
  const late = topic.on(1).append([produced('a')], { acks: -1, timeoutMs: 5_000 })
  const outcome = late.catch(({ code }) => code)
  await expect.poll(() => topic.partition.isr, poll).toEqual([1])
  await expect(topic.on(1).append([produced('b')], all)).rejects.toMatchObject({
    code: 'NOT_ENOUGH_REPLICAS',
  })
  await topic.on(1).append([produced('c')], one)
  expect(topic.on(1).highWatermark).toBe(0)
  for (const id of [2, 3]) topic.heal(id)
  await expect.poll(() => topic.isr, poll).toEqual([1, 2, 3])
  expect(await outcome).toMatchObject([{ nextOffset: 1 }])
  await expect.poll(() => topic.on(1).highWatermark, poll).toBe(2)
})

test('another leader goes on with all that was committed, and the old one follows it', async () => {
  const topic = await Replicated.start()
  await topic.on(1).append([produced('a')], all)
  topic.change({ leader: 2 })
  await topic.on(2).append([produced('b')], all)
  for (const id of [1, 2, 3]) expect(valuesOf(topic.on(id)), `${id}`).toEqual(['a', 'b'])
  await expect(topic.on(1).append([produced('c')], all)).rejects.toMatchObject({
    code: 'NOT_LEADER_OR_FOLLOWER',
  })
})

test('what a deposed leader wrote alone is cut off where it parts from the new one', async () => {
  const topic = await Replicated.start()
  await topic.on(1).append([produced('a')], all)
  topic.cut(1)
  await topic.on(1).append([produced('never', 'told')], one)
  topic.change({ leader: 2, isr: [2, 3] })
  await topic.on(2).append([produced('b')], all)
  topic.heal(1)
  await expect.poll(() => valuesOf(topic.on(1)), poll).toEqual(['a', 'b'])
  await expect.poll(() => topic.isr, poll).toEqual([1, 2, 3])
})

test('a producer that waits hears at once that another broker leads', async () => {
  const topic = await Replicated.start()
  topic.cut(2)
  topic.cut(3)
  const waiting = topic.on(1).append([produced('a')], all)
  await Promise.resolve()
  topic.change({ leader: 2, isr: [2, 3] })
  await expect(waiting).rejects.toMatchObject({ code: 'NOT_LEADER_OR_FOLLOWER' })
})

test('a leader whose connection is reset is suspected by its followers, until it answers again', async () => {
  const topic = await Replicated.start()
  await topic.on(1).append([produced('a')], all)
  topic.cut(1)
  await expect.poll(() => [...topic.member(2).suspects], poll).toEqual([1])
  expect([...topic.member(1).suspects]).toEqual([])
  topic.heal(1)
  await expect.poll(() => [...topic.member(2).suspects], poll).toEqual([])
})

test('what a leader has deleted is deleted by its followers', async () => {
  const topic = await Replicated.start()
  await topic.on(1).append([produced('a', 'b'), produced('c')], all)
  expect(await topic.on(1).deleteRecordsBefore(2, 10_000)).toBe(2)
  for (const id of [2, 3]) expect(topic.on(id).log.logStartOffset, `${id}`).toBe(2)
  // They have said so: it is answered at once.
  expect(await topic.on(1).deleteRecordsBefore(1, 0)).toBe(2)
})

test('a deletion waits for replicas that are alive, for as long as it may', async () => {
  const topic = await Replicated.start()
  await topic.on(1).append([produced('a', 'b')], all)
  topic.cut(3)
  await expect(topic.on(1).deleteRecordsBefore(1, 50)).rejects.toMatchObject({
    code: 'REQUEST_TIMED_OUT',
  })
  const [back, fenced] = [1, 2].map((offset) => topic.on(1).deleteRecordsBefore(offset, 10_000))
  topic.heal(3)
  expect(await back).toBeGreaterThanOrEqual(1)
  expect(await fenced).toBe(2)
})

test('a deletion does not wait for a replica that is fenced meanwhile', async () => {
  const topic = await Replicated.start()
  await topic.on(1).append([produced('a', 'b')], all)
  topic.cut(3)
  const deleted = topic.on(1).deleteRecordsBefore(2, 10_000)
  await expect.poll(() => topic.on(2).log.logStartOffset, poll).toBe(2)
  topic.fence(3)
  expect(await deleted).toBe(2)
})

test('who waits for a deletion hears that another broker leads', async () => {
  const topic = await Replicated.start()
  await topic.on(1).append([produced('a', 'b')], all)
  topic.cut(3)
  const deleted = topic.on(1).deleteRecordsBefore(2, 10_000)
  await expect.poll(() => topic.on(2).log.logStartOffset, poll).toBe(2)
  topic.change({ leader: 2 })
  await expect(deleted).rejects.toMatchObject({ code: 'NOT_LEADER_OR_FOLLOWER' })
})

test('the leader hears of records that a follower deletes by itself', async () => {
  const topic = await Replicated.start()
  await topic.on(1).append([produced('a'), produced('b')], all)
  await expect.poll(() => topic.on(3).highWatermark, poll).toBe(2)
  await topic.on(3).log.moveStartTo(2) // its retention was first
  expect(await topic.on(1).deleteRecordsBefore(2, 10_000)).toBe(2)
})

test('a follower that was away for longer than records are kept begins where its leader does', async () => {
  const topic = await Replicated.start({ config: { 'replica.lag.time.max.ms': '500' } })
  await topic.on(1).append([produced('a')], all)
  topic.cut(3)
  topic.change({ isr: [1, 2] })
  await topic.on(1).append([produced('b', 'c')], all)
  await topic
    .on(1)
    .deleteRecordsBefore(3, 0)
    .catch(() => {})
  topic.heal(3)
  await topic.on(1).append([produced('d')], all)
  await expect.poll(() => valuesOf(topic.on(3)), poll).toEqual(['d'])
  expect(topic.on(3).log.logStartOffset).toBe(3)
})

test('committed records that its leader lacks are kept aside by a follower', async () => {
  const topic = await Replicated.start()
  await topic.on(1).append([produced('a'), produced('b')], all)
  await expect.poll(() => topic.on(3).highWatermark, poll).toBe(2)
  for (const id of [2, 3]) topic.cut(id)
  await topic.on(2).log.truncateTo(0) // a disk that told a lie
  topic.change({ leader: 2, isr: [2], leaderRecoveryState: 1 })
  topic.cut(1)
  topic.heal(2)
  topic.change({ leaderRecoveryState: 0 })
  topic.heal(3)
  await topic.on(2).append([produced('c')], all)
  await expect.poll(() => valuesOf(topic.on(3)), poll).toEqual(['c'])
  expect(topic.member(3).said).toEqual([
    expect.stringContaining('a log differs from that of its leader'),
  ])
  expect(topic.member(3).own.dataDirectory.strays()).toHaveLength(1)
})

test('the same broker in a later epoch leads on', async () => {
  const topic = await Replicated.start()
  await topic.on(1).append([produced('a')], all)
  topic.change({ leader: 1 })
  await topic.on(1).append([produced('b')], all)
  for (const id of [1, 2, 3]) expect(valuesOf(topic.on(id)), `${id}`).toEqual(['a', 'b'])
})

test('what a producer sent twice is there once, on whichever broker it leads', async () => {
  const topic = await Replicated.start()
  const batch = (sequence: number) => {
    const records = [{ timestamp: 1, key: null, value: Buffer.from(`${sequence}`), headers: [] }]
    return buildBatch({ records, producerId: 7, producerEpoch: 0, baseSequence: sequence })
  }
  await topic.on(1).append([batch(0)], all)
  topic.change({ leader: 2 })
  const [again] = await topic.on(2).append([batch(0)], all)
  expect(again).toMatchObject({ baseOffset: 0 })
  await topic.on(2).append([batch(1)], all)
  for (const id of [1, 2, 3]) expect(valuesOf(topic.on(id)), `${id}`).toEqual(['0', '1'])
})
