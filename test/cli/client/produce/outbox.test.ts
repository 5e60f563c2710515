import { expect, test } from 'vitest'
import { Outbox } from '../../../../cli/client/produce/outbox.ts'

const random = { below: () => 0, bytes: (count: number) => new Uint8Array(count) }
const topic = {
  name: 'orders',
  partitions: [7, 7, 8, undefined].map((leader, id) => ({ id, leader })),
}

test('what is due is given by leader, and what has none apart', () => {
  const outbox = new Outbox({ partition: undefined, random })
  for (let partition = 0; partition < 4; partition++) outbox.add(keyOf(partition), topic, 0)

  expect(dueIn(outbox)).toEqual({ 7: [0, 1], 8: [2], undefined: [3] })
})

test('a request takes a megabyte, or one batch that is larger', () => {
  const outbox = new Outbox({ partition: undefined, random })
  for (const partition of [0, 1, 2]) outbox.add(keyOf(partition, 2 ** 20), topic, 0)

  expect(dueIn(outbox)).toEqual({ 7: [0], 8: [2] })
})

test('with a partition given, keys decide nothing', () => {
  const outbox = new Outbox({ partition: 2, random })
  for (let partition = 0; partition < 4; partition++) outbox.add(keyOf(partition), topic, 0)

  expect(dueIn(outbox)).toEqual({ 8: [2] })
})

test('it has no bytes once all is delivered', () => {
  const outbox = new Outbox({ partition: undefined, random })
  for (const partition of [0, 0, 1]) outbox.add(keyOf(partition), topic, 0)
  const took = [...outbox.due(topic, 5).values()].flat().map((queue) => outbox.took(queue))

  expect(took).toEqual([2, 1])
  expect(outbox.sizeBytes).toBe(0)
})

function dueIn(outbox: Outbox) {
  const due = [...outbox.due(topic, 5)].map(([leader, queues]) => {
    return [leader, queues.map(({ partition }) => partition)]
  })
  return Object.fromEntries(due)
}

/** A record whose key has its place in a partition of four. */
function keyOf(partition: number, sizeBytes = 1) {
  const key = { 0: 'a', 1: 'd', 2: 'c', 3: 'f' }[partition] as string
  return { timestamp: 0, key: Buffer.from(key), value: new Uint8Array(sizeBytes) }
}
