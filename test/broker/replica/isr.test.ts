import { describe, expect, test } from 'vitest'
import type { KafkaError } from '../../../broker/protocol/errors.ts'
import { proposalAnswered } from '../../../broker/replica/isr-answer.ts'
import { isInMaximalIsr } from '../../../broker/replica/isr-proposal.ts'
import { imageChanged, logMoved, timePassed } from '../../../broker/replica/leader-events.ts'
import { followerFetched } from '../../../broker/replica/leader-fetch.ts'
import type { Brokers, LeaderState } from '../../../broker/replica/leader-state.ts'
import { appendedTo, brokersWith, fetchOf, image, leading } from './support.ts'

const now = appendedTo(15)
const tooLate = { ...now, nowMs: 11_001 }

/** 3 did not fetch for too long: 1 and 2 have all of 15, and 3 is to leave. */
function shrinking(): { state: LeaderState; proposal: ReturnType<typeof timePassed>['send'] } {
  const { state, send } = timePassed(leading({ ends: { 2: 15, 3: 12 } }), tooLate)
  return { state, proposal: send }
}

describe('a follower that is not caught up for replica.lag.time.max.ms', () => {
  test('is proposed to leave, with the epochs of those that stay', () => {
    expect(shrinking().proposal).toEqual({
      leaderEpoch: 5,
      partitionEpoch: 20,
      newIsr: [
        { brokerId: 1, brokerEpoch: 101 },
        { brokerId: 2, brokerEpoch: 102 },
      ],
    })
  })

  test('stays as long as it had a short time ago all that there was', () => {
    let state = leading({ ends: { 2: 15, 3: 15 } })
    // Always one fetch behind, and never at the end.
    for (let fetches = 1; fetches < 30; fetches++) {
      const at = appendedTo(15 + fetches, { nowMs: 1_000 + fetches * 900 })
      state = logMoved(state, at)
      for (const id of [2, 3]) {
        state = followerFetched(state, fetchOf(id, 14 + fetches), at).state
      }
      expect(timePassed(state, at).send).toBeUndefined()
    }
  })

  test('stays if it has all, however long nothing happens', () => {
    const state = leading({ ends: { 2: 15, 3: 15 } })
    expect(timePassed(state, { ...now, nowMs: 99_000 }).send).toBeUndefined()
  })
})

test('a follower that lagged behind twice within a minute waits a while, and is not waited for', () => {
  let state = leading({ ends: { 2: 15, 3: 15 } })
  let nowMs = 1_000
  let end = 15
  for (const _ of [1, 2]) {
    nowMs += 10_500
    end += 1
    const at = appendedTo(end, { nowMs })
    state = followerFetched(state, fetchOf(2, end), at).state
    const { state: shrunk, send } = timePassed(state, at)
    expect(send?.newIsr.map(({ brokerId }) => brokerId)).toEqual([1, 2])
    state = imageChanged(shrunk, { ...image, isr: [1, 2], partitionEpoch: end * 10 }, at)
    const { state: grown, send: more } = followerFetched(state, fetchOf(3, end), at)
    if (more === undefined) continue
    state = imageChanged(grown, { ...image, isr: [1, 2, 3], partitionEpoch: end * 10 + 1 }, at)
  }
  expect(state.isr).toEqual([1, 2])
  const more = appendedTo(end + 1, { nowMs: nowMs + 100 })
  expect(followerFetched(state, fetchOf(2, end + 1), more).state.highWatermark).toBe(end + 1)
  const later = appendedTo(end, { nowMs: nowMs + 10_000 })
  expect(followerFetched(state, fetchOf(3, end), later).send?.newIsr).toHaveLength(3)
})

describe('a follower joins', () => {
  const behind = leading({ isr: [1, 2], ends: { 2: 13 } })

  test('when it has all that is committed', () => {
    expect(behind.highWatermark).toBe(13)
    expect(followerFetched(behind, fetchOf(3, 12), now).send).toBeUndefined()
    const { send } = followerFetched(behind, fetchOf(3, 13), now)
    expect(send?.newIsr.map(({ brokerId }) => brokerId)).toEqual([1, 2, 3])
  })

  test('not before it has all of earlier epochs, of which more may be committed', () => {
    const fresh = leading({ isr: [1, 2] })
    expect(fresh.highWatermark).toBe(8)
    expect(followerFetched(fresh, fetchOf(3, 9), now).send).toBeUndefined()
    expect(followerFetched(fresh, fetchOf(3, 10), now).send).toBeDefined()
  })

  test.each<[string, ReturnType<Brokers>]>([
    ['is fenced', { epoch: 103, fenced: true, inControlledShutdown: false }],
    ['shuts down', { epoch: 103, fenced: false, inControlledShutdown: true }],
    ['is not registered', undefined],
  ])('not while it %s', (_, third) => {
    const brokers: Brokers = (id) => (id === 3 ? third : now.brokers(id))
    expect(followerFetched(behind, fetchOf(3, 15), { ...now, brokers }).send).toBeUndefined()
  })

  test('not in a broker epoch that the metadata log does not have', () => {
    const fetch = fetchOf(3, 15, { brokerEpoch: 200 })
    expect(followerFetched(behind, fetch, now).send).toBeUndefined()
    const brokers = brokersWith({ 3: 200 })
    const { send } = followerFetched(behind, fetch, { ...now, brokers })
    expect(send?.newIsr.at(-1)).toEqual({ brokerId: 3, brokerEpoch: 200 })
  })

  test('and the high watermark waits for it from then on', () => {
    const { state } = followerFetched(behind, fetchOf(3, 13), now)
    expect(isInMaximalIsr(state, 3)).toBe(true)
    expect(followerFetched(state, fetchOf(2, 15), now).state.highWatermark).toBe(13)
  })
})

describe('a proposal', () => {
  test('is the only one until its outcome is seen', () => {
    const { state } = shrinking()
    expect(timePassed(state, { ...tooLate, nowMs: 50_000 }).send).toBeUndefined()
    expect(followerFetched(state, fetchOf(3, 15), tooLate).send).toBeUndefined()
  })

  test('that succeeded counts once the metadata log says so, too (safety rule 21)', () => {
    const { state, proposal } = shrinking()
    const answer = { leaderEpoch: 5, partitionEpoch: 21 }
    const answered = proposalAnswered(state, { proposal: proposal!, answer }, tooLate).state
    expect(answered.highWatermark).toBe(12)
    expect(isInMaximalIsr(answered, 3)).toBe(true)
    expect(timePassed(answered, tooLate).send).toBeUndefined()

    const seen = imageChanged(answered, { ...image, isr: [1, 2], partitionEpoch: 21 }, tooLate)
    expect(seen.highWatermark).toBe(15)
    expect(isInMaximalIsr(seen, 3)).toBe(false)
  })

  test('is over if the metadata log tells of the outcome before the answer comes', () => {
    const { state, proposal } = shrinking()
    const seen = imageChanged(state, { ...image, isr: [1, 2], partitionEpoch: 21 }, tooLate)
    expect(seen.highWatermark).toBe(15)
    const answer = { leaderEpoch: 5, partitionEpoch: 21 }
    expect(proposalAnswered(seen, { proposal: proposal!, answer }, tooLate).state).toBe(seen)
  })

  test('that is answered with a later partition epoch is over when that is seen', () => {
    const { state, proposal } = shrinking()
    const answer = { leaderEpoch: 5, partitionEpoch: 23 }
    let next = proposalAnswered(state, { proposal: proposal!, answer }, tooLate).state
    next = imageChanged(next, { ...image, isr: [1, 2], partitionEpoch: 22 }, tooLate)
    expect(next.pending).toBeDefined()
    next = imageChanged(next, { ...image, isr: [1, 2], partitionEpoch: 23 }, tooLate)
    expect(next.pending).toBeUndefined()
  })

  test('whose wish was true already is over at once', () => {
    const { state, proposal } = shrinking()
    const answer = { leaderEpoch: 5, partitionEpoch: 20 }
    const { state: next } = proposalAnswered(state, { proposal: proposal!, answer }, tooLate)
    expect(next.pending).toBeUndefined()
  })

  test.each(['INELIGIBLE_REPLICA', 'OPERATION_NOT_ATTEMPTED'] as const)(
    'that was not carried out is over: %s',
    (error) => {
      const { state, proposal } = shrinking()
      const step = proposalAnswered(state, { proposal: proposal!, answer: { error } }, tooLate)
      expect(step).toMatchObject({ state: { pending: undefined }, send: undefined })
      expect(timePassed(step.state, tooLate).send).toEqual(proposal)
    },
  )

  test.each([
    'INVALID_UPDATE_VERSION',
    'FENCED_LEADER_EPOCH',
    'NEW_LEADER_ELECTED',
    'UNKNOWN_TOPIC_OR_PARTITION',
    'UNKNOWN_TOPIC_ID',
    'INVALID_REQUEST',
  ] as const)('that comes too late counts until the metadata log says more: %s', (error) => {
    const { state, proposal } = shrinking()
    const step = proposalAnswered(state, { proposal: proposal!, answer: { error } }, tooLate)
    expect(step).toEqual({ state, send: undefined })
    const seen = imageChanged(state, { ...image, partitionEpoch: 21 }, tooLate)
    expect(seen.pending).toBeUndefined()
  })

  test.each<KafkaError['code']>(['NETWORK_EXCEPTION', 'NOT_CONTROLLER', 'UNKNOWN_SERVER_ERROR'])(
    'of which nobody knows is sent again, and counts: %s',
    (error) => {
      const { state, proposal } = shrinking()
      const step = proposalAnswered(state, { proposal: proposal!, answer: { error } }, tooLate)
      expect(step.state).toBe(state)
      expect(step.send).toBe(proposal)
    },
  )
})
