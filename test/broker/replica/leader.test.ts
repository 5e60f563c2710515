import { describe, expect, test } from 'vitest'
import { acksAllOutcome, refuseAcksAll } from '../../../broker/replica/acks-all.ts'
import { imageChanged, logMoved, timePassed } from '../../../broker/replica/leader-events.ts'
import { followerFetched } from '../../../broker/replica/leader-fetch.ts'
import {
  lowWatermark,
  mayServe,
  refuseLatestOffset,
} from '../../../broker/replica/leader-questions.ts'
import { beginToLead, type LeaderState } from '../../../broker/replica/leader-state.ts'
import type { ReplicaFetch } from '../../../broker/replica/replica-fetch.ts'
import { appendedTo, brokersWith, fetchOf, image, leading, logWith, start } from './support.ts'

const now = appendedTo(15)

function answerTo(state: LeaderState, fetch: ReplicaFetch, at = now): string | undefined {
  const { answer } = followerFetched(state, fetch, at)
  return answer.type === 'refuse' ? answer.error.code : answer.type
}

describe('the high watermark', () => {
  test('is what every member of the ISR has', () => {
    expect(leading({ ends: { 2: 12 } }).highWatermark).toBe(8)
    expect(leading({ ends: { 2: 12, 3: 14 } }).highWatermark).toBe(12)
    expect(leading({ isr: [1, 2], ends: { 2: 12 } }).highWatermark).toBe(12)
  })

  test('never moves back, also where a follower does', () => {
    const state = leading({ ends: { 2: 15, 3: 15 } })
    expect(state.highWatermark).toBe(15)
    expect(followerFetched(state, fetchOf(2, 11), now).state.highWatermark).toBe(15)
  })

  test('stays while fewer than min.insync.replicas are in the ISR (KIP-966)', () => {
    const alone = leading({ isr: [1] })
    expect(alone.highWatermark).toBe(8)
    const settings = { ...now.settings, minInsyncReplicas: 1 }
    expect(logMoved(alone, { ...now, settings }).highWatermark).toBe(15)
  })

  test('does not wait for more replicas than there are', () => {
    const single = { ...image, replicas: [1], isr: [1] }
    const state = beginToLead({ brokerId: 1, image: single, highWatermark: 0 }, start)
    expect(logMoved(state, now).highWatermark).toBe(15)
  })

  test('does not pass what this broker has flushed, where its topic flushes always', () => {
    const log = logWith([[5, 10]], 15, { countedEndOffset: 13 })
    expect(leading({ ends: { 2: 15, 3: 15 } }, { ...now, log }).highWatermark).toBe(13)
  })

  test('waits for a replica that is about to join, and no longer than it may lag', () => {
    let state = leading({ isr: [1, 2], ends: { 2: 15, 3: 15 } })
    const inFlight = state.pending
    expect(inFlight?.proposal.newIsr).toHaveLength(3)
    state = { ...state, pending: undefined }
    const more = appendedTo(20)
    const { state: ahead } = followerFetched(logMoved(state, more), fetchOf(2, 20), more)
    expect(ahead.highWatermark).toBe(15)
    const later = { ...more, nowMs: 11_001 }
    expect(followerFetched(ahead, fetchOf(2, 20), later).state.highWatermark).toBe(20)
  })
})

describe('a follower that fetches', () => {
  test('is refused in another leader epoch', () => {
    const state = leading()
    expect(answerTo(state, fetchOf(2, 15, { currentLeaderEpoch: 4 }))).toBe('FENCED_LEADER_EPOCH')
    expect(answerTo(state, fetchOf(2, 15, { currentLeaderEpoch: 6 }))).toBe('UNKNOWN_LEADER_EPOCH')
  })

  test('is not told to cut off records of a later epoch', () => {
    expect(answerTo(leading(), fetchOf(2, 15, { lastFetchedEpoch: 6 }))).toBe(
      'UNKNOWN_LEADER_EPOCH',
    )
  })

  test('is refused if it is no replica', () => {
    expect(answerTo(leading(), fetchOf(4, 15))).toBe('NOT_LEADER_OR_FOLLOWER')
  })

  test('is refused in an earlier broker epoch, and what it fetched then is forgotten (KIP-903)', () => {
    const state = leading({ ends: { 2: 15, 3: 12 } })
    const anew = { ...now, brokers: brokersWith({ 2: 200 }) }
    expect(answerTo(state, fetchOf(2, 15), anew)).toBe('STALE_BROKER_EPOCH')
    const { state: next } = followerFetched(state, fetchOf(3, 15), anew)
    expect(next.highWatermark).toBe(12)
    const fetch = fetchOf(2, 13, { brokerEpoch: 200 })
    expect(followerFetched(next, fetch, anew).state.highWatermark).toBe(13)
  })

  test('of a broker epoch that the metadata log does not have yet counts for that one', () => {
    const { state } = followerFetched(leading(), fetchOf(2, 12, { brokerEpoch: 200 }), now)
    expect(state.followers.get(2)).toMatchObject({ brokerEpoch: 200, logEndOffset: 12 })
    expect(answerTo(state, fetchOf(2, 15))).toBe('STALE_BROKER_EPOCH')
  })

  test('does not count where its log diverges, or ends outside of this one', () => {
    const log = logWith([[5, 10]], 15, { logStartOffset: 5 })
    const state = leading()
    const diverging = followerFetched(state, fetchOf(2, 13, { lastFetchedEpoch: 4 }), now)
    expect(diverging.answer).toEqual({
      type: 'diverging',
      divergingEpoch: { epoch: 4, endOffset: 10 },
    })
    expect(diverging.state).toEqual(state)
    for (const [offset, lastFetchedEpoch] of [
      [4, 4],
      [16, -1],
    ] as const) {
      expect(answerTo(state, fetchOf(2, offset, { lastFetchedEpoch }), { ...now, log })).toBe(
        'OFFSET_OUT_OF_RANGE',
      )
    }
  })
})

describe('acks=all', () => {
  test('is refused while too few are in sync', () => {
    expect(refuseAcksAll(leading({ isr: [1] }), now)?.code).toBe('NOT_ENOUGH_REPLICAS')
    expect(refuseAcksAll(leading({ isr: [1, 2] }), now)).toBeUndefined()
  })

  test('is fulfilled once the high watermark is behind it', () => {
    const state = leading({ ends: { 2: 13, 3: 14 } })
    expect(acksAllOutcome(state, 13, now)).toBe('done')
    expect(acksAllOutcome(state, 14, now)).toBe('waits')
  })

  test('is NOT_ENOUGH_REPLICAS_AFTER_APPEND if the ISR became too small meanwhile', () => {
    const state = leading({ ends: { 2: 15, 3: 15 } })
    const shrunk = imageChanged(state, { ...image, isr: [1], partitionEpoch: 21 }, now)
    expect(acksAllOutcome(shrunk, 15, now)).toMatchObject({
      code: 'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
    })
    expect(acksAllOutcome(shrunk, 16, now)).toBe('waits')
  })
})

describe('a leader that resigned', () => {
  const resigned = imageChanged(leading(), { ...image, leader: 2, leaderEpoch: 6 }, now)

  test('refuses and proposes nothing', () => {
    expect(answerTo(resigned, fetchOf(2, 15))).toBe('NOT_LEADER_OR_FOLLOWER')
    expect(refuseAcksAll(resigned, now)?.code).toBe('NOT_LEADER_OR_FOLLOWER')
    expect(acksAllOutcome(resigned, 15, now)).toMatchObject({ code: 'NOT_LEADER_OR_FOLLOWER' })
    expect(timePassed(resigned, { ...now, nowMs: 100_000 }).send).toBeUndefined()
    expect(mayServe(resigned, 1_000, { controllerHeardMs: 1_000, sessionTimeoutMs: 1_500 })).toBe(
      false,
    )
  })

  test('is one that leads again, in a later epoch, or whose partition is gone', () => {
    expect(imageChanged(leading(), { ...image, leaderEpoch: 6 }, now).isResigned).toBe(true)
    expect(imageChanged(leading(), undefined, now).isResigned).toBe(true)
  })
})

test('the same id back in the grace may not go on in its epoch', () => {
  const log = logWith([[5, 8]], 10)
  const again = () => beginToLead({ brokerId: 1, image, highWatermark: 8 }, { ...start, log })
  expect(again).toThrow('a log has nothing yet of the epoch in which it begins to lead')
})

test('consumers are told no latest offset before all of earlier epochs is known to be committed', () => {
  expect(refuseLatestOffset(leading({ ends: { 2: 9, 3: 15 } }))?.code).toBe('OFFSET_NOT_AVAILABLE')
  expect(refuseLatestOffset(leading({ ends: { 2: 10, 3: 15 } }))).toBeUndefined()
})

describe('a leader that hears nobody', () => {
  const sessionTimeoutMs = 1_500

  test('serves while the controller or another member of the ISR was heard of', () => {
    const state = leading({ ends: { 2: 15 } })
    expect(mayServe(state, 2_500, { controllerHeardMs: 0, sessionTimeoutMs })).toBe(true)
    expect(mayServe(state, 9_000, { controllerHeardMs: 8_000, sessionTimeoutMs })).toBe(true)
    expect(mayServe(state, 2_501, { controllerHeardMs: 0, sessionTimeoutMs })).toBe(false)
  })

  test('does not take a fetch for news that lay in its socket while it stood still', () => {
    const later = appendedTo(15, { nowMs: 9_000 })
    let state = leading({ ends: { 2: 15 } })
    for (const _ of [1, 2]) {
      const fetch = fetchOf(2, 15, { answeredMs: start.nowMs })
      ;({ state } = followerFetched(state, fetch, later))
    }
    expect(mayServe(state, 9_000, { controllerHeardMs: 0, sessionTimeoutMs })).toBe(false)
    const news = fetchOf(2, 15, { answeredMs: 9_000 })
    const after = followerFetched(state, news, later).state
    expect(mayServe(after, 9_000, { controllerHeardMs: 0, sessionTimeoutMs })).toBe(true)
  })

  test('does not serve by an election that lay in its socket while it stood still', () => {
    const late = { ...start, nowMs: 9_000 }
    const state = beginToLead({ brokerId: 1, image, highWatermark: 8 }, late)
    expect(mayServe(state, 9_000, { controllerHeardMs: 0, sessionTimeoutMs })).toBe(false)
  })

  test('serves on if it is alone in the ISR, and nobody else could be elected', () => {
    const state = leading({ isr: [1] })
    expect(mayServe(state, 99_000, { controllerHeardMs: 0, sessionTimeoutMs })).toBe(true)
    const withOther = { ...state, elr: [2] }
    expect(mayServe(withOther, 99_000, { controllerHeardMs: 0, sessionTimeoutMs })).toBe(false)
  })
})

test('deleted records are gone once they are gone from each replica that is alive', () => {
  let state = leading()
  for (const [id, logStartOffset] of [
    [2, 4],
    [3, 6],
  ] as const) {
    state = followerFetched(state, fetchOf(id, 15, { logStartOffset }), now).state
  }
  const log = logWith([[5, 10]], 15, { logStartOffset: 7 })
  expect(lowWatermark(state, { ...now, log })).toBe(4)
})
