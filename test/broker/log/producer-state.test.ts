import { describe, expect, test } from 'vitest'
import { ProducerState } from '../../../broker/log/producer-state.ts'
import { kafkaFiles, replay } from './kafka-files.ts'
import { batch, codeOf, marker } from './small-file-support.ts'

const client = { origin: 'client' } as const
const maxSequence = 2 ** 31 - 1

/** A partition to which these were appended, one behind the other, whatever they say. */
function stateAfter(...batches: Parameters<typeof batch>[0][]): ProducerState {
  const state = new ProducerState()
  for (const input of batches) state.update(batch({ baseOffset: state.mapEndOffset, ...input }))
  return state
}

function six(): ProducerState {
  return stateAfter(...[0, 1, 2, 3, 4, 5].map((baseSequence) => ({ baseSequence })))
}

describe.each(kafkaFiles.producerRuns)('random run $seed', (run) => {
  test('every answer is the one of Kafka 4.3', () => {
    const { state, answered } = replay(run)
    answered.forEach((step, index) => {
      expect(step, `step ${index}`).toEqual(run.steps[index])
    })
    const byId = (a: { producerId: number }, b: { producerId: number }) =>
      a.producerId - b.producerId
    expect([...state.producers()].sort(byId)).toEqual(run.producers.sort(byId))
    expect(state.mapEndOffset).toBe(run.mapEndOffset)
  })
})

describe('sequence numbers', () => {
  test('a gap is out of order', () => {
    const state = stateAfter({ baseSequence: 0, lastOffsetDelta: 4 })
    expect(codeOf(() => state.check(batch({ baseSequence: 6 }), client))).toBe(
      'OUT_OF_ORDER_SEQUENCE_NUMBER',
    )
    expect(state.check(batch({ baseSequence: 5 }), client)).toBeUndefined()
  })

  test('a duplicate of one of the last five batches is answered with its offsets', () => {
    const state = six()
    expect(state.check(batch({ baseSequence: 1 }), client)).toEqual({
      baseOffset: 1,
      lastOffset: 1,
      timestamp: 1_000,
    })
  })

  test('a duplicate of an older batch is out of order', () => {
    expect(codeOf(() => six().check(batch({ baseSequence: 0 }), client))).toBe(
      'OUT_OF_ORDER_SEQUENCE_NUMBER',
    )
  })

  test('a batch that holds more than the one sent before is no duplicate', () => {
    const state = six()
    const longer = batch({ baseSequence: 5, lastOffsetDelta: 1 })
    expect(codeOf(() => state.check(longer, client))).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER')
  })

  test('behind 2^31 - 1 comes 0, within a batch too', () => {
    const state = stateAfter({ baseSequence: maxSequence - 2, lastOffsetDelta: 1 })
    const last = batch({ baseSequence: maxSequence, baseOffset: 2, lastOffsetDelta: 3 })
    expect(state.check(last, client)).toBeUndefined()
    state.update(last)
    expect(state.check(last, client)).toMatchObject({ baseOffset: 2, lastOffset: 5 })
    expect(state.check(batch({ baseSequence: 3 }), client)).toBeUndefined()
  })

  test('a producer that is not known may begin at any sequence number', () => {
    expect(new ProducerState().check(batch({ baseSequence: 77 }), client)).toBeUndefined()
  })

  test('but not one of transactions version 2, which begins at 0 (KIP-890)', () => {
    const verification = { lowestSequence: 77, supportsEpochBump: true }
    const check = () =>
      new ProducerState().check(batch({ baseSequence: 77 }), { ...client, verification })
    expect(codeOf(check)).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER')
  })

  test('of the batches that waited for verification the lowest comes first', () => {
    const verification = { lowestSequence: 3, supportsEpochBump: false }
    const check = () =>
      new ProducerState().check(batch({ baseSequence: 4 }), { ...client, verification })
    expect(codeOf(check)).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER')
  })

  test('coordinators send none, and followers take what the leader has', () => {
    const state = six()
    const gap = batch({ baseSequence: 77 })
    expect(state.check(gap, { origin: 'coordinator' })).toBeUndefined()
    expect(state.check(gap, { origin: 'replication' })).toBeUndefined()
  })
})

describe('epochs', () => {
  test('a new epoch begins at sequence number 0', () => {
    const state = six()
    const begins = (baseSequence: number) => () =>
      state.check(batch({ producerEpoch: 1, baseSequence }), client)
    expect(codeOf(begins(6))).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER')
    expect(codeOf(begins(0))).toBeUndefined()
  })

  test('an older epoch is fenced, for clients and coordinators', () => {
    const state = stateAfter({ producerEpoch: 3 })
    const old = batch({ producerEpoch: 2 })
    expect(codeOf(() => state.check(old, client))).toBe('INVALID_PRODUCER_EPOCH')
    expect(codeOf(() => state.check(old, { origin: 'coordinator' }))).toBe('INVALID_PRODUCER_EPOCH')
    expect(codeOf(() => state.check(old, { origin: 'replication' }))).toBeUndefined()
  })

  test('batches of an older epoch are no duplicates any more', () => {
    const state = stateAfter({ baseSequence: 0 }, { producerEpoch: 1, baseSequence: 0 })
    expect(codeOf(() => state.check(batch({ baseSequence: 0 }), client))).toBe(
      'INVALID_PRODUCER_EPOCH',
    )
  })

  test('a marker with a new epoch fences, and the next batch begins at 0', () => {
    const state = stateAfter({ isTransactional: true })
    state.end(marker({ producerEpoch: 1, offset: 1 }))
    expect(codeOf(() => state.check(batch({ baseSequence: 1 }), client))).toBe(
      'INVALID_PRODUCER_EPOCH',
    )
    const next = { producerEpoch: 1, isTransactional: true }
    expect(codeOf(() => state.check(batch({ ...next, baseSequence: 1 }), client))).toBe(
      'OUT_OF_ORDER_SEQUENCE_NUMBER',
    )
    expect(state.check(batch({ ...next, baseSequence: 0 }), client)).toBeUndefined()
  })

  test('a marker with the same epoch leaves the sequence numbers as they are', () => {
    const state = stateAfter({ isTransactional: true })
    state.end(marker({ offset: 1 }))
    const next = batch({ baseSequence: 1, isTransactional: true })
    expect(state.check(next, client)).toBeUndefined()
    expect(state.check(batch({ isTransactional: true }), client)).toMatchObject({ baseOffset: 0 })
  })
})

describe('transactions', () => {
  test('a plain batch within a transaction is refused', () => {
    const state = stateAfter({ isTransactional: true })
    const plain = batch({ baseSequence: 1 })
    expect(codeOf(() => state.check(plain, client))).toBe('INVALID_TXN_STATE')
    expect(codeOf(() => state.check(plain, { origin: 'coordinator' }))).toBe('INVALID_TXN_STATE')
  })

  test('a follower takes it, other than with Kafka, and the transaction goes on', () => {
    const state = stateAfter({ isTransactional: true })
    const plain = batch({ baseSequence: 1, baseOffset: 1 })
    expect(state.check(plain, { origin: 'replication' })).toBeUndefined()
    state.update(plain)
    expect(state.firstUndecidedOffset).toBe(0)
  })

  test('a marker tells what it ended, with the last stable offset after it', () => {
    const state = stateAfter(
      { producerId: 1, isTransactional: true, lastOffsetDelta: 9 },
      { producerId: 2, isTransactional: true },
      { producerId: 1, isTransactional: true, baseSequence: 10 },
    )
    expect(state.end(marker({ type: 'abort', offset: 12 }))).toEqual({
      producerId: 1,
      firstOffset: 0,
      lastOffset: 12,
      lastStableOffset: 10, // where that of producer 2 begins
      isAborted: true,
    })
    expect(state.end(marker({ producerId: 2, offset: 13 }))).toEqual({
      producerId: 2,
      firstOffset: 10,
      lastOffset: 13,
      lastStableOffset: 14,
      isAborted: false,
    })
  })

  test('a marker without a transaction ends nothing, and its epochs are known from then on', () => {
    const state = new ProducerState()
    expect(state.end(marker({ producerEpoch: 4, coordinatorEpoch: 9, offset: 5 }))).toBeUndefined()
    expect([...state.producers()]).toMatchObject([
      { producerEpoch: 4, coordinatorEpoch: 9, lastSequence: -1, lastOffset: -1 },
    ])
    expect(state.mapEndOffset).toBe(6)
  })

  test('a marker of an older coordinator is fenced', () => {
    const state = stateAfter({ isTransactional: true })
    state.end(marker({ coordinatorEpoch: 5, offset: 1 }))
    const old = marker({ coordinatorEpoch: 4 })
    expect(codeOf(() => state.checkEnd(old, { transactionVersion: 0 }))).toBe(
      'TRANSACTION_COORDINATOR_FENCED',
    )
  })

  test('in version 2 a marker has a newer epoch than the batches', () => {
    const state = stateAfter({ isTransactional: true })
    const check = (producerEpoch: number, transactionVersion: number) =>
      codeOf(() => state.checkEnd(marker({ producerEpoch }), { transactionVersion }))
    expect(check(0, 1)).toBeUndefined()
    expect(check(0, 2)).toBe('INVALID_PRODUCER_EPOCH')
    expect(check(1, 2)).toBeUndefined()
  })

  test('in version 2 a marker may come again once the transaction is over', () => {
    const state = stateAfter({ isTransactional: true })
    const end = marker({ producerEpoch: 1, offset: 1 })
    state.end(end)
    expect(codeOf(() => state.checkEnd(end, { transactionVersion: 2 }))).toBeUndefined()
  })

  test('in version 2 the largest epoch ends its own transaction', () => {
    const state = stateAfter({ isTransactional: true, producerEpoch: 32_767 })
    const end = marker({ producerEpoch: 32_767 })
    expect(codeOf(() => state.checkEnd(end, { transactionVersion: 2 }))).toBeUndefined()
  })

  test('a transaction is open for one epoch', () => {
    const state = stateAfter({ isTransactional: true, producerEpoch: 2 })
    expect(state.hasOpenTransaction({ producerId: 1, producerEpoch: 2 })).toBe(true)
    expect(state.hasOpenTransaction({ producerId: 1, producerEpoch: 3 })).toBe(false)
    expect(state.hasOpenTransaction({ producerId: 2, producerEpoch: 2 })).toBe(false)
  })
})

describe('the last stable offset', () => {
  test('is the high watermark where there are no transactions', () => {
    expect(six().lastStableOffset({ highWatermark: 4, logStartOffset: 0 })).toBe(4)
  })

  test('is where the first open transaction begins, but not above the high watermark', () => {
    const state = stateAfter({ producerId: 2, lastOffsetDelta: 9 }, { isTransactional: true })
    expect(state.lastStableOffset({ highWatermark: 11, logStartOffset: 0 })).toBe(10)
    expect(state.lastStableOffset({ highWatermark: 7, logStartOffset: 0 })).toBe(7)
  })

  test('does not lie before the log, from which DeleteRecords may take half a transaction', () => {
    const state = stateAfter({ isTransactional: true, lastOffsetDelta: 9 })
    expect(state.lastStableOffset({ highWatermark: 10, logStartOffset: 6 })).toBe(6)
  })

  test('waits until the marker is below the high watermark', () => {
    const state = stateAfter({ isTransactional: true })
    state.end(marker({ offset: 1 }))
    expect(state.firstUndecidedOffset).toBeUndefined()
    state.onHighWatermarkUpdated(1)
    expect(state.firstUnstableOffset).toBe(0)
    state.onHighWatermarkUpdated(2)
    expect(state.firstUnstableOffset).toBeUndefined()
  })
})

describe('what is forgotten', () => {
  const expiry = { nowMs: 2_000, producerIdExpirationMs: 1_000 }

  test('a producer that has written nothing for so long, by its own timestamps', () => {
    const state = stateAfter(
      { producerId: 1, maxTimestamp: 1_000 },
      { producerId: 2, maxTimestamp: 1_001 },
    )
    state.removeExpired(expiry)
    expect([...state.producers()].map(({ producerId }) => producerId)).toEqual([2])
  })

  test('no producer that has a transaction open', () => {
    const state = stateAfter({ isTransactional: true })
    state.removeExpired({ ...expiry, nowMs: 1e12 })
    expect(state.producerCount).toBe(1)
  })

  test('all of it when the log begins anew', () => {
    const state = stateAfter({ isTransactional: true }, { producerId: 2, isTransactional: true })
    state.end(marker({ offset: 2 }))
    state.truncateFullyAndStartAt(90)
    expect(state.producerCount).toBe(0)
    expect(state.firstUnstableOffset).toBeUndefined()
    expect(state.mapEndOffset).toBe(90)
    state.update(batch({ baseOffset: 90, isTransactional: true }))
    expect(state.firstUndecidedOffset).toBe(90)
  })

  test('not the producers whose records are deleted', () => {
    const state = six()
    state.onLogStartOffsetIncremented(50)
    expect(state.producerCount).toBe(1)
    expect(state.mapEndOffset).toBe(50)
  })
})

test('batches without a producer id only move the end', () => {
  const state = stateAfter({ producerId: -1, lastOffsetDelta: 4 })
  expect(state.producerCount).toBe(0)
  expect(state.mapEndOffset).toBe(5)
})

test('a transaction is late five minutes after the largest timeout', () => {
  const state = stateAfter({ isTransactional: true, maxTimestamp: 1_000 })
  const isLate = (nowMs: number) =>
    state.hasLateTransaction({ nowMs, maxTransactionTimeoutMs: 60_000 })
  expect(isLate(361_000)).toBe(false)
  expect(isLate(361_001)).toBe(true)
  state.end(marker({ offset: 1 }))
  expect(isLate(1e12)).toBe(false)
})
