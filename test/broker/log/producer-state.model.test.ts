import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ProducerState } from '../../../broker/log/producer-state.ts'
import { KafkaError } from '../../../broker/protocol/errors.ts'
import { ProducerModel } from './producer-model.ts'
import { batch, marker } from './small-file-support.ts'

type World = { state: ProducerState; model: ProducerModel; endOffset: number; timeMs: number }

const producerId = fc.integer({ min: 1, max: 3 })
/** Mostly what comes next, else something else. */
const step = fc.oneof(
  { weight: 6, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.integer({ min: -8, max: 2 }) },
)
const sent = fc.record({
  producerId,
  epochStep: step,
  sequenceStep: step,
  lastOffsetDelta: fc.integer({ min: 0, max: 2 }),
  isTransactional: fc.boolean(),
  isForced: fc.integer({ max: 9, min: 0 }).map((number) => number === 0), // by a leader
  startsHigh: fc.boolean(),
})
const ended = fc.record({
  producerId,
  epochStep: fc.integer({ min: -1, max: 1 }),
  coordinatorEpoch: fc.integer({ min: 0, max: 2 }),
  type: fc.constantFrom('abort', 'commit'),
  transactionVersion: fc.integer({ min: 0, max: 2 }),
})
const call = fc.oneof(
  { weight: 8, arbitrary: sent.map((input) => (world: World) => send(world, input)) },
  { weight: 3, arbitrary: ended.map((input) => (world: World) => end(world, input)) },
  { weight: 2, arbitrary: fc.double({ min: 0, max: 1, noNaN: true }).map(raiseHighWatermark) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 12 }).map(expire) },
  { weight: 1, arbitrary: fc.constant(restart) },
)

test('it agrees with a model that keeps all batches', () => {
  const calls = fc.array(call, { maxLength: 60, size: 'max' })
  fc.assert(
    fc.property(calls, (list) => {
      const world = {
        state: new ProducerState(),
        model: new ProducerModel(),
        endOffset: 0,
        timeMs: 0,
      }
      for (const run of list) {
        world.timeMs++
        run(world)
        const { state, model, endOffset } = world
        expect(state.firstUndecidedOffset).toBe(model.firstUndecidedOffset)
        expect(state.firstUnstableOffset).toBe(model.firstUnstableOffset)
        expect(state.mapEndOffset).toBe(endOffset)
        const ids = [...state.producers()].map(({ producerId }) => producerId)
        expect(ids.sort((a, b) => a - b)).toEqual(model.producerIds)
      }
    }),
    { numRuns: 2_000 },
  )
})

function send(world: World, { epochStep, sequenceStep, ...input }: SentBatch): void {
  const { state, model, endOffset } = world
  const known = [...state.producers()].find(({ producerId }) => producerId === input.producerId)
  const lastSequence = known?.lastSequence ?? (input.startsHigh ? 2 ** 31 - 4 : -1)
  const sequence = lastSequence + 1 + sequenceStep - (sequenceStep < 0 ? input.lastOffsetDelta : 0)
  const next = batch({
    ...input,
    producerEpoch: Math.max((known?.producerEpoch ?? 0) + epochStep, 0),
    baseSequence: epochStep > 0 && sequenceStep === 0 ? 0 : (sequence + 2 ** 31) % 2 ** 31,
    baseOffset: endOffset,
    maxTimestamp: world.timeMs,
  })
  if (!input.isForced) {
    const answer = orCode(() => state.check(next, { origin: 'client' }))
    expect(answer).toEqual(model.check(next))
    if (answer !== undefined) return
  }
  state.update(next)
  model.update(next)
  world.endOffset += next.lastOffsetDelta + 1
}
type SentBatch = typeof sent extends fc.Arbitrary<infer T> ? T : never

function end(world: World, { epochStep, transactionVersion, ...input }: EndedTransaction): void {
  const { state, model, endOffset } = world
  const producerEpoch = Math.max((model.epoch(input.producerId) ?? 0) + epochStep, 0)
  const next = marker({ ...input, producerEpoch, offset: endOffset, timestamp: world.timeMs })
  const answer = orCode(() => state.checkEnd(next, { transactionVersion }))
  expect(answer).toBe(model.checkEnd(next, transactionVersion))
  if (answer !== undefined) return
  expect(state.end(next)).toEqual(model.end(next))
  world.endOffset++
}
type EndedTransaction = typeof ended extends fc.Arbitrary<infer T> ? T : never

function raiseHighWatermark(share: number) {
  return ({ state, model, endOffset }: World) => {
    const { highWatermark } = model
    model.highWatermark = highWatermark + Math.round(share * (endOffset - highWatermark))
    state.onHighWatermarkUpdated(model.highWatermark)
  }
}

function expire(ageMs: number) {
  return ({ state, model, timeMs }: World) => {
    state.removeExpired({ nowMs: timeMs, producerIdExpirationMs: ageMs })
    model.expire(timeMs - ageMs)
  }
}

/** What a snapshot keeps is the same after it; the rest is why the state is not replaced. */
function restart({ state }: World): void {
  const { mapEndOffset } = state
  const expiry = { nowMs: 0, producerIdExpirationMs: 1_000_000 }
  const again = ProducerState.fromSnapshot(state.toSnapshot(), { mapEndOffset, ...expiry })
  expect(again.firstUndecidedOffset).toBe(state.firstUndecidedOffset)
  expect([...again.producers()]).toEqual([...state.producers()])
}

function orCode<T>(run: () => T): T | string {
  try {
    return run()
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error
    return error.code
  }
}
