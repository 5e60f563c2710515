import { describe, expect, test } from 'vitest'
import { type Gone, Sessions } from '../../../../operator/controller/sessions/sessions.ts'

const times = { sessionTimeoutMs: 1_500, disconnectGraceMs: 150 }
const process = 'a'

function newSessions({
  racks = {},
  brokers = [1],
}: {
  racks?: Record<number, string>
  brokers?: readonly number[]
} = {}): Sessions {
  const sessions = new Sessions(times, (brokerId) => racks[brokerId] ?? null)
  for (const brokerId of brokers) sessions.heard(brokerId, process, 0)
  return sessions
}

const idsOf = (gone: readonly Gone[]) => gone.map(({ brokerId }) => brokerId)

describe('a broker that is silent', () => {
  test('for too long is not alive any more', () => {
    const sessions = newSessions()
    expect(sessions.takeExpired(1_499)).toEqual([])
    const why = 'nothing was heard of it'
    expect(sessions.takeExpired(1_500)).toEqual([
      { brokerId: 1, incarnationId: process, why, isHung: false },
    ])
    expect(sessions.isThere(1)).toBe(false)
  })

  test('has the time that it was given before sessions became shorter', () => {
    const sessions = new Sessions({ ...times, sessionTimeoutMs: 3_000 })
    sessions.heard(1, process, 0)
    sessions.configure({ ...times, sessionTimeoutMs: 600 })
    expect(sessions.takeExpired(2_999)).toEqual([])
    expect(sessions.heard(1, process, 2_999)).toBe(3_599)
    expect(sessions.nextDeadlineMs).toBe(3_599)
    expect(sessions.takeExpired(3_599)).toHaveLength(1)
  })
})

describe('a broker whose connection is there and that says nothing', () => {
  const hungOf = (gone: readonly Gone[]) => gone.filter(({ isHung }) => isHung)
  const isHung = true

  test('hangs, where others are heard', () => {
    const sessions = newSessions({ brokers: [1, 2] })
    sessions.heard(2, process, 1_000)
    expect(sessions.takeExpired(1_500)).toMatchObject([{ brokerId: 1, isHung }])
  })

  test('may be well where nobody is heard: then it may be this process that hears nothing', () => {
    expect(hungOf(newSessions().takeExpired(1_500))).toEqual([])
    const sessions = newSessions({ brokers: [1, 2] })
    sessions.heard(2, process, 500) // it ended soon after
    expect(idsOf(sessions.takeExpired(1_500))).toEqual([1])
    expect(hungOf(sessions.takeExpired(2_000))).toEqual([])
  })

  test('is not known to be the process that runs where it was never heard here', () => {
    const sessions = newSessions({ brokers: [2] })
    expect(sessions.expect(1, process, 0)).toBe(1_500)
    sessions.heard(2, process, 1_400)
    expect(sessions.takeExpired(1_500)).toMatchObject([{ brokerId: 1, isHung: false }])
  })

  test('hangs not where its connection is lost: it may dial in vain', () => {
    const sessions = newSessions({ brokers: [1, 2, 3] })
    sessions.dropped(1, process, 100)
    sessions.dropped(2, process, 101) // together: the session counts
    sessions.heard(3, process, 1_400)
    const gone = sessions.takeExpired(1_500)
    expect(idsOf(gone)).toEqual([1, 2])
    expect(hungOf(gone)).toEqual([])
  })
})

describe('a broker whose connection is lost', () => {
  test('is gone after a short grace', () => {
    const sessions = newSessions()
    sessions.dropped(1, process, 100)
    expect(sessions.takeExpired(249)).toEqual([])
    const why = 'its connection is gone'
    expect(sessions.takeExpired(250)).toEqual([
      { brokerId: 1, incarnationId: process, why, isHung: false },
    ])
  })

  test('and that is heard on another in time is there as if nothing had been', () => {
    const sessions = newSessions()
    sessions.dropped(1, process, 100)
    sessions.heard(1, process, 249)
    expect(sessions.isThere(1)).toBe(true)
    expect(sessions.nextDeadlineMs).toBe(249 + 1_500)
  })

  test('does not keep another process of it waiting', () => {
    const sessions = newSessions()
    expect(sessions.isThere(1)).toBe(true)
    sessions.dropped(1, process, 100)
    expect(sessions.isThere(1)).toBe(false)
  })

  test('is gone at once where it is known to be dead', () => {
    const sessions = newSessions()
    sessions.dropped(1, process, 100)
    expect(sessions.end(1, process)).toBe(true)
    expect(sessions.nextDeadlineMs).toBeUndefined()
  })

  test('does not have longer than it had before', () => {
    const sessions = newSessions()
    sessions.dropped(1, process, 1_400)
    expect(sessions.nextDeadlineMs).toBe(1_500)
  })

  test('has no more time where the connection is lost a second time before it is heard', () => {
    const sessions = newSessions()
    sessions.dropped(1, process, 100)
    sessions.dropped(1, process, 200)
    expect(sessions.nextDeadlineMs).toBe(250)
  })

  test('which is another process by now is there', () => {
    const sessions = newSessions()
    sessions.heard(1, 'b', 50)
    sessions.dropped(1, process, 100)
    expect(sessions.end(1, process)).toBe(false)
    expect(sessions.nextDeadlineMs).toBe(50 + 1_500)
  })

  test('is never gone while it is back each time before its grace ends', () => {
    const sessions = newSessions()
    for (let nowMs = 100; nowMs < 60_000; nowMs += 200) {
      sessions.dropped(1, process, nowMs)
      expect(sessions.takeExpired(nowMs + 149)).toEqual([])
      sessions.heard(1, process, nowMs + 149)
    }
  })
})

describe('brokers that lose their connections within the same second', () => {
  test('are not to blame: their silence counts', () => {
    const sessions = newSessions({ brokers: [1, 2, 3] })
    sessions.heard(2, process, 50)
    sessions.dropped(1, process, 100)
    sessions.dropped(2, process, 200)
    expect(sessions.takeExpired(1_499)).toEqual([])
    expect(idsOf(sessions.takeExpired(1_500))).toEqual([1, 3])
    expect(idsOf(sessions.takeExpired(1_550))).toEqual([2])
  })

  test('do not count where one of them is known to be dead', () => {
    const sessions = newSessions({ brokers: [1, 2] })
    sessions.dropped(1, process, 100)
    sessions.end(1, process)
    sessions.dropped(2, process, 200)
    expect(sessions.nextDeadlineMs).toBe(350)
  })

  test('count also where the first is back, or was gone before the second', () => {
    const sessions = newSessions({ brokers: [1, 2, 3] })
    sessions.dropped(1, process, 100)
    expect(idsOf(sessions.takeExpired(250))).toEqual([1])
    sessions.dropped(2, process, 300)
    sessions.heard(2, process, 310)
    sessions.dropped(3, process, 1_299)
    expect(sessions.takeExpired(1_449)).toEqual([])
  })

  test('are each alone again a second later', () => {
    const sessions = newSessions({ brokers: [1, 2] })
    sessions.dropped(1, process, 100)
    sessions.heard(1, process, 110)
    sessions.heard(2, process, 1_000)
    sessions.dropped(2, process, 1_100)
    expect(sessions.nextDeadlineMs).toBe(1_250)
  })

  test('are gone after the grace where they stand in one rack, and others do not', () => {
    const sessions = newSessions({ racks: { 1: 'r', 2: 'r', 3: 's' }, brokers: [1, 2, 3] })
    sessions.dropped(1, process, 100)
    sessions.dropped(2, process, 110)
    expect(idsOf(sessions.takeExpired(260))).toEqual([1, 2])
  })

  test('are not to blame once one of another rack does too', () => {
    const racks = { 1: 'r', 2: 'r', 3: 's', 4: 't' }
    const sessions = newSessions({ racks, brokers: [1, 2, 3, 4] })
    for (const brokerId of [1, 2, 3]) sessions.dropped(brokerId, process, 100)
    expect(sessions.nextDeadlineMs).toBe(1_500)
  })

  test.each([
    ['no broker of another rack is there to compare with', { 1: 'r', 2: 'r', 3: 'r' }],
    ['the rack of one of them is not known', { 1: 'r', 3: 's' }],
    ['their racks are not known', { 3: 's' }],
    ['the racks of others are not known', { 1: 'r', 2: 'r' }],
  ])('are not to blame where %s', (_, racks) => {
    const sessions = newSessions({ racks, brokers: [1, 2, 3] })
    sessions.dropped(1, process, 100)
    sessions.dropped(2, process, 100)
    expect(sessions.nextDeadlineMs).toBe(1_500)
  })
})

describe('after this process stood still', () => {
  test('everybody has a full session', () => {
    const sessions = newSessions({ brokers: [1, 2] })
    sessions.dropped(1, process, 100)
    sessions.stoodStill(1_600)
    expect(sessions.takeExpired(3_099)).toEqual([])
    expect(idsOf(sessions.takeExpired(3_100))).toEqual([1, 2])
  })

  test('a connection that is lost within a second is nobody’s fault', () => {
    const sessions = newSessions()
    sessions.stoodStill(1_000)
    sessions.dropped(1, process, 1_999)
    expect(sessions.nextDeadlineMs).toBe(2_500)
    sessions.heard(1, process, 2_000)
    sessions.dropped(1, process, 2_000)
    expect(sessions.nextDeadlineMs).toBe(2_150)
  })
})

describe('a process that was taken for gone and is heard', () => {
  function graceAt(sessions: Sessions, nowMs: number, brokerId = 1): number {
    sessions.heard(brokerId, process, nowMs)
    sessions.dropped(brokerId, process, nowMs)
    return (sessions.nextDeadlineMs ?? 0) - nowMs
  }

  function tooEarly(sessions: Sessions, nowMs: number): void {
    sessions.dropped(1, process, nowMs)
    sessions.takeExpired(nowMs + 1_500)
    expect(sessions.isTakenForGone(1, process)).toBe(true)
    sessions.heard(1, process, nowMs + 1_500)
    expect(sessions.isTakenForGone(1, process)).toBe(false)
  }

  test('has twice the grace for ten minutes', () => {
    const sessions = newSessions()
    tooEarly(sessions, 500)
    expect(graceAt(sessions, 601_999)).toBe(300)
    expect(graceAt(sessions, 602_000)).toBe(150)
  })

  test('has it doubled again where that was too short', () => {
    const sessions = newSessions()
    for (const nowMs of [0, 10_000, 20_000]) tooEarly(sessions, nowMs)
    expect(graceAt(sessions, 30_000)).toBe(1_200)
  })

  test('has a session at most', () => {
    const sessions = newSessions()
    for (let nowMs = 0; nowMs < 100_000; nowMs += 10_000) tooEarly(sessions, nowMs)
    expect(graceAt(sessions, 110_000)).toBe(1_500)
  })

  test('has it also where a silent session was what ran out', () => {
    const sessions = newSessions()
    sessions.takeExpired(1_500)
    expect(graceAt(sessions, 2_000)).toBe(300)
  })

  test('changes nothing for others', () => {
    const sessions = newSessions()
    tooEarly(sessions, 500)
    sessions.end(1, process)
    expect(graceAt(sessions, 10_000, 2)).toBe(150)
  })

  test('is not another process of that broker', () => {
    const sessions = newSessions()
    sessions.takeExpired(1_500)
    sessions.heard(1, 'b', 1_600)
    expect(graceAt(sessions, 10_000)).toBe(150)
  })

  test('was dead beyond doubt', () => {
    const sessions = newSessions()
    sessions.end(1, process)
    expect(graceAt(sessions, 2_000)).toBe(150)
  })
})

test('what was said of disks is that process’s', () => {
  const sessions = newSessions()
  expect(sessions.heardOfDisk(1, ['d'])).toBe(true)
  expect(sessions.heardOfDisk(1, ['d'])).toBe(false)
  sessions.heard(1, process, 100)
  expect(sessions.isDiskFailing(1)).toBe(true)
  sessions.heard(1, 'b', 200)
  expect(sessions.isDiskFailing(1)).toBe(false)
})
