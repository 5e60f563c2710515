import { describe, expect, test } from 'vitest'
import {
  decodeProducerSnapshot,
  encodeProducerSnapshot,
} from '../../../broker/log/producer-snapshot.ts'
import { ProducerState } from '../../../broker/log/producer-state.ts'
import { fromBase64, kafkaFiles, replay, toBase64 } from './kafka-files.ts'
import { batch, codeOf, corruptionOf, marker } from './small-file-support.ts'

const never = { nowMs: 0, producerIdExpirationMs: Number.MAX_SAFE_INTEGER }

describe.each(kafkaFiles.producerSnapshots)("Kafka's own: $name", ({ base64, producers }) => {
  const bytes = fromBase64(base64)

  test('says to us what it says to Kafka', () => {
    expect(decodeProducerSnapshot(bytes)).toEqual(producers)
  })

  test('is the same file when we write it', () => {
    expect(toBase64(encodeProducerSnapshot(producers))).toBe(base64)
  })

  test('is the same file out of the state that comes of it', () => {
    const state = ProducerState.fromSnapshot(bytes, { mapEndOffset: 9, ...never })
    expect(state.mapEndOffset).toBe(9)
    expect(toBase64(state.toSnapshot())).toBe(base64)
  })
})

test.each(kafkaFiles.producerRuns)('run $seed goes on from its snapshot', (run) => {
  const { state } = replay(run)
  const { mapEndOffset } = state
  const again = ProducerState.fromSnapshot(state.toSnapshot(), { mapEndOffset, ...never })
  expect(again.firstUndecidedOffset).toBe(state.firstUndecidedOffset)
  expect([...again.producers()]).toEqual([...state.producers()])
  let offset = mapEndOffset
  for (const producer of state.producers()) {
    if (producer.currentTransactionFirstOffset === -1) continue
    const end = marker({ ...producer, coordinatorEpoch: 99, offset: offset++ })
    expect(again.end(end)).toEqual(state.end(end))
  }
})

test('of the last five batches a snapshot has the last', () => {
  const state = new ProducerState()
  for (const baseSequence of [0, 1]) state.update(batch({ baseSequence, baseOffset: baseSequence }))
  const again = ProducerState.fromSnapshot(state.toSnapshot(), { mapEndOffset: 2, ...never })
  const check = (baseSequence: number) => () =>
    again.check(batch({ baseSequence }), { origin: 'client' })
  expect(check(1)()).toEqual({ baseOffset: 1, lastOffset: 1, timestamp: 1_000 })
  expect(codeOf(check(0))).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER')
  expect(check(2)()).toBeUndefined()
})

test('producers that have expired since are left out, but for those with a transaction', () => {
  const state = new ProducerState()
  state.update(batch({ producerId: 1, isTransactional: true }))
  state.update(batch({ producerId: 2, baseOffset: 1 }))
  const expiry = { nowMs: 1e9, producerIdExpirationMs: 1_000 }
  const again = ProducerState.fromSnapshot(state.toSnapshot(), { mapEndOffset: 2, ...expiry })
  expect([...again.producers()].map(({ producerId }) => producerId)).toEqual([1])
})

test('any changed byte, and any end but its own, is found', () => {
  const bytes = fromBase64(kafkaFiles.producerSnapshots[2]?.base64 ?? '')
  for (let at = 0; at < bytes.length; at++) {
    const changed = bytes.slice()
    changed[at] = (bytes[at] as number) ^ 0x10
    expect(
      corruptionOf(() => decodeProducerSnapshot(changed)),
      `byte ${at}`,
    ).toBeDefined()
    expect(
      corruptionOf(() => decodeProducerSnapshot(bytes.slice(0, at))),
      `${at}`,
    ).toBeDefined()
  }
})

test('another version is refused by its number', () => {
  const bytes = encodeProducerSnapshot([])
  bytes[1] = 2
  expect(corruptionOf(() => decodeProducerSnapshot(bytes))).toMatchObject({
    file: 'snapshot',
    message: 'snapshot: version 2 is not known, only 1',
  })
})
