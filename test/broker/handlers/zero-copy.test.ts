import { expect, test } from 'vitest'
import { computeCrc } from '../../../broker/protocol/records/batch-crc.ts'
import type { Part } from '../../../broker/protocol/schema/fields.ts'
import { uuid } from '../metadata/support.ts'
import { distinct } from '../net/support.ts'
import { newTopic, produced } from '../partition/support.ts'
import { fetchOf, onlyPartition, onlyProduced, produceOf, TestBroker } from './support.ts'

const batches = 60
const valueBytes = 60_000

/** A batch of bytes that no other has. */
function batchOf(seed: number): Uint8Array {
  return produced([
    distinct(seed, valueBytes)
      .toString('latin1')
      .slice(0, valueBytes / 2),
  ])
}

test('what is received is what is written, and what is sent from the tail: the same memory', async () => {
  const frames = new Set<ArrayBufferLike>()
  const sent: Part[] = []
  await using broker = await TestBroker.start({
    onFrame: (frame) => void frames.add(frame.buffer),
    onAnswer: (parts) => void sent.push(...parts),
  })
  broker.parts.apply(...newTopic('orders', uuid(1)))
  const connection = await broker.connect()
  const { metrics } = broker.listener('client')
  const expected = Array.from({ length: batches }, (_, seed) => batchOf(seed))
  const answers = await Promise.all(
    expected.map((batch) => connection.request('Produce', 9, produceOf('orders', batch))),
  )
  expect(answers.map((answer) => onlyProduced(answer).baseOffset)).toEqual([...expected.keys()])
  // A frame that begins in the shared landing buffer is moved out of it: 16 KB at most. Regions grow
  // by eights, so that a seventh of a large frame may move on the way.
  expect(metrics.copiedBytes / batches).toBeLessThan(16 * 1_024 + valueBytes / 7)

  sent.length = 0
  const consumer = await broker.connect()
  const fetch = fetchOf([{ name: 'orders', maxBytes: 20_000_000 }])
  const { records } = onlyPartition((await consumer.request('Fetch', 11, fetch)).responses)
  const large = sent.filter(({ byteLength }) => byteLength > 10_000)
  expect(large).toHaveLength(batches)
  for (const part of large) {
    expect(part instanceof Uint8Array && frames.has(part.buffer)).toBe(true)
  }
  // With their offsets in place, and otherwise as they were sent: the CRC covers all of that.
  let position = 0
  for (const batch of expected) {
    const own = (records as Uint8Array).subarray(position, position + batch.byteLength)
    expect(computeCrc(own, 0)).toBe(computeCrc(batch, 0))
    position += batch.byteLength
  }
  expect(position).toBe(records?.byteLength)
})

test('what is not in the tail is sent as a range of its file, and is not read by the handler', async () => {
  const sent: Part[] = []
  await using broker = await TestBroker.start({
    tailBytes: 0,
    onAnswer: (parts) => void sent.push(...parts),
  })
  broker.parts.apply(...newTopic('orders', uuid(1)))
  for (let seed = 0; seed < 3; seed++) {
    await broker.ask('Produce', 9, produceOf('orders', batchOf(seed)))
  }
  sent.length = 0
  const { responses } = await broker.ask('Fetch', 11, fetchOf([{ name: 'orders' }]))
  expect(onlyPartition(responses).records?.byteLength).toBeGreaterThan(3 * 30_000)
  expect(sent.filter((part) => !(part instanceof Uint8Array))).toHaveLength(1)
})

test('a slow consumer gets what it asked for, whatever is received meanwhile', async () => {
  await using broker = await TestBroker.start({ tailBytes: 2 * 2 ** 20 })
  broker.parts.apply(...newTopic('orders', uuid(1)))
  const producer = await broker.connect()
  const produce = (from: number, to: number) =>
    Promise.all(
      Array.from({ length: to - from }, (_, index) =>
        producer.request('Produce', 9, produceOf('orders', batchOf(from + index))),
      ),
    )
  await produce(0, 40)
  const consumer = await broker.connect()
  // Many answers from the tail that nobody takes for a while; then the tail goes on to other batches.
  const asked = Array.from({ length: 30 }, (_, index) =>
    consumer.request('Fetch', 11, fetchOf([{ name: 'orders', offset: 10 + index }])),
  )
  await produce(40, 160)
  for (const [index, answer] of (await Promise.all(asked)).entries()) {
    const records = onlyPartition(answer.responses).records as Uint8Array
    const batch = batchOf(10 + index)
    expect(computeCrc(records.subarray(0, batch.byteLength), 0)).toBe(computeCrc(batch, 0))
  }
})
