import { describe, expect, test } from 'vitest'
import {
  type FetchAnswer,
  type FollowerStep,
  fetchAnswered,
} from '../../../broker/replica/follower-answer.ts'
import {
  beginToFollow,
  type FollowerState,
  followerAppended,
  nextTurn,
} from '../../../broker/replica/follower-state.ts'
import type { PartitionFetch } from '../../../broker/replica/replica-fetch.ts'
import type { ReplicaLog } from '../../../broker/replica/replica-log.ts'
import { image, logWith } from './support.ts'

/** Epoch 3 up to 6, epoch 4 up to 10. */
const log = logWith(
  [
    [3, 0],
    [4, 6],
  ],
  10,
)
const empty: ReplicaLog = {
  logStartOffset: 0,
  logEndOffset: 0,
  countedEndOffset: 0,
  epochs: undefined,
}

function following(highWatermark = 5, rest: Partial<typeof image> = {}): FollowerState {
  return beginToFollow({ ...image, ...rest }, { highWatermark }, log)
}

function asking(state: FollowerState, own = log): { state: FollowerState; fetch: PartitionFetch } {
  const { state: next, turn } = nextTurn(state, own)
  if (turn.type !== 'fetch') throw new Error(`it is to ${turn.type}`)
  return { state: next, fetch: turn.fetch }
}

function answered(before: FollowerState, answer: FetchAnswer, own = log): FollowerStep {
  const { state, fetch } = asking(before, own)
  return fetchAnswered(state, { fetch, answer }, own)
}

const records = { baseOffset: 10, firstLeaderEpoch: 4, lastLeaderEpoch: 5 }

test('a follower that has lost the end of its log takes no more than the rest for committed', () => {
  expect(following(14).highWatermark).toBe(10)
})

describe('a follower asks', () => {
  test('for what is behind its log, in the epoch it believes in', () => {
    expect(asking(following()).fetch).toEqual({
      currentLeaderEpoch: 5,
      fetchOffset: 10,
      lastFetchedEpoch: 4,
      logStartOffset: 0,
      answeredMs: -1,
    })
    expect(asking(following(0), empty).fetch).toMatchObject({
      fetchOffset: 0,
      lastFetchedEpoch: -1,
    })
  })

  test('once, until it is answered', () => {
    const { state } = asking(following())
    expect(nextTurn(state, log).turn).toEqual({ type: 'wait' })
  })

  test('after it has flushed, where the topic flushes always', () => {
    expect(nextTurn(following(), { ...log, countedEndOffset: 8 }).turn).toEqual({ type: 'flush' })
  })

  test('nobody whose epoch is below that of its last batch (safety rule 2)', () => {
    expect(nextTurn(following(5, { leaderEpoch: 3 }), log).turn).toEqual({ type: 'wait' })
  })
})

describe('a follower that is answered', () => {
  test('appends what follows its log, and knows up to where all is committed', () => {
    const { state, decision } = answered(following(), { highWatermark: 12, answeredMs: 7, records })
    expect(decision).toEqual({ type: 'append' })
    expect(state.highWatermark).toBe(10)
    const longer = { ...log, logEndOffset: 14 }
    expect(followerAppended(state, longer).highWatermark).toBe(12)
  })

  test('appends what is left after the leader has compacted', () => {
    const gap = { ...records, baseOffset: 17 }
    const { decision } = answered(following(), { highWatermark: 12, answeredMs: 7, records: gap })
    expect(decision).toEqual({ type: 'append' })
  })

  test('says at its next fetch when the leader gave its last answer', () => {
    const { state } = answered(following(), { highWatermark: 3, answeredMs: 7, records: undefined })
    expect(asking(state).fetch).toMatchObject({ answeredMs: 7 })
  })

  test('does not move its high watermark back', () => {
    const { state } = answered(following(9), {
      highWatermark: 3,
      answeredMs: 7,
      records: undefined,
    })
    expect(state.highWatermark).toBe(9)
  })

  test('takes nothing that overlaps, or of an epoch that cannot be', () => {
    for (const wrong of [{ baseOffset: 9 }, { firstLeaderEpoch: 3 }, { lastLeaderEpoch: 6 }]) {
      const answer = { highWatermark: 12, answeredMs: 7, records: { ...records, ...wrong } }
      const { state, decision } = answered(following(), answer)
      expect(decision).toMatchObject({ type: 'halt' })
      expect(state.highWatermark).toBe(5)
      expect(nextTurn(state, log).turn).toEqual({ type: 'wait' })
    }
  })

  test('ignores an answer to another fetch than its last', () => {
    const earlier = asking(following())
    const answer: FetchAnswer = { highWatermark: 12, answeredMs: 7, records }
    const lost = fetchAnswered(
      earlier.state,
      { fetch: earlier.fetch, answer: { error: 'NETWORK_EXCEPTION', logStartOffset: -1 } },
      log,
    )
    expect(lost.decision).toEqual({ type: 'retry' })
    for (const state of [asking(lost.state).state, asking(following()).state]) {
      const step = fetchAnswered(state, { fetch: earlier.fetch, answer }, log)
      expect(step).toEqual({ state, decision: { type: 'nothing' } })
    }
  })

  test('ignores one for a log that has changed since', () => {
    const { state, fetch } = asking(following())
    const cut = { ...log, logEndOffset: 8 }
    const step = fetchAnswered(
      state,
      { fetch, answer: { highWatermark: 12, answeredMs: 7, records } },
      cut,
    )
    expect(step.decision).toEqual({ type: 'nothing' })
  })

  test('asks no more in an epoch that is over', () => {
    const { state, decision } = answered(following(), {
      error: 'FENCED_LEADER_EPOCH',
      logStartOffset: 0,
    })
    expect(decision).toEqual({ type: 'await-metadata' })
    expect(nextTurn(state, log).turn).toEqual({ type: 'wait' })
  })

  test('asks again while its leader has not heard of the epoch', () => {
    const { state, decision } = answered(following(), {
      error: 'UNKNOWN_LEADER_EPOCH',
      logStartOffset: 0,
    })
    expect(decision).toEqual({ type: 'retry' })
    expect(nextTurn(state, log).turn.type).toBe('fetch')
  })
})

describe('a follower whose log diverges', () => {
  function cut(epoch: number, endOffset: number, highWatermark = 0): FollowerStep['decision'] {
    return answered(following(highWatermark), { divergingEpoch: { epoch, endOffset } }).decision
  }

  test('cuts off what the leader has not of the same epoch', () => {
    expect(cut(4, 8)).toEqual({ type: 'truncate', endOffset: 8 })
  })

  test('cuts off what it has more of that epoch itself', () => {
    expect(cut(3, 9)).toEqual({ type: 'truncate', endOffset: 6 })
    expect(cut(3, 4)).toEqual({ type: 'truncate', endOffset: 4 })
  })

  test('cuts off all epochs behind one that it does not know', () => {
    const own = logWith(
      [
        [1, 0],
        [4, 6],
      ],
      10,
    )
    const answer = { divergingEpoch: { epoch: 3, endOffset: 9 } }
    expect(answered(following(0), answer, own).decision).toEqual({ type: 'truncate', endOffset: 6 })
  })

  test('keeps what is behind its high watermark, which lags', () => {
    expect(cut(4, 8, 2)).toEqual({ type: 'truncate', endOffset: 8 })
  })

  test('never cuts off what it was told is committed, but keeps it aside', () => {
    expect(cut(4, 8, 8)).toEqual({ type: 'truncate', endOffset: 8 })
    expect(cut(4, 8, 9)).toMatchObject({ type: 'set-aside', startOffset: 0 })
  })

  test('has a high watermark of its new log once the other is set aside', () => {
    const step = answered(following(9), { divergingEpoch: { epoch: 4, endOffset: 8 } })
    expect(step.state).toMatchObject({ highWatermark: 0, isHalted: false })
  })

  test('does so after an unclean election, and its high watermark moves back', () => {
    const unclean = following(9, { leaderRecoveryState: 'RECOVERING' })
    const step = answered(unclean, { divergingEpoch: { epoch: 4, endOffset: 8 } })
    expect(step.decision).toEqual({ type: 'truncate', endOffset: 8 })
    expect(step.state.highWatermark).toBe(8)
  })

  test('keeps its log aside if nothing is left to cut off', () => {
    const own = logWith([[4, 10]], 10, { logStartOffset: 10 })
    const step = answered(following(10), { divergingEpoch: { epoch: 3, endOffset: 12 } }, own)
    expect(step.decision).toMatchObject({ type: 'set-aside', startOffset: 0 })
  })
})

describe('a follower out of range', () => {
  test('begins anew where the leader begins, if that is behind its own end', () => {
    const answer: FetchAnswer = { error: 'OFFSET_OUT_OF_RANGE', logStartOffset: 30 }
    const { state, decision } = answered(following(), answer)
    expect(decision).toEqual({ type: 'begin-anew', startOffset: 30 })
    expect(state.highWatermark).toBe(30)
  })

  test('drops nothing for an error alone', () => {
    const answer: FetchAnswer = { error: 'OFFSET_OUT_OF_RANGE', logStartOffset: -1 }
    expect(answered(following(), answer).decision).toEqual({ type: 'retry' })
  })

  test('drops nothing because the leader has less, but after an unclean election', () => {
    const answer: FetchAnswer = { error: 'OFFSET_OUT_OF_RANGE', logStartOffset: 4 }
    expect(answered(following(), answer).decision).toMatchObject({
      type: 'set-aside',
      startOffset: 4,
    })
    const unclean = following(9, { leaderRecoveryState: 'RECOVERING' })
    const { state, decision } = answered(unclean, answer)
    expect(decision).toEqual({ type: 'begin-anew', startOffset: 4 })
    expect(state.highWatermark).toBe(4)
  })
})
