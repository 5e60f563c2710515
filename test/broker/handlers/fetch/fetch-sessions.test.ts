import { expect, test } from 'vitest'
import { FetchSessions } from '../../../../broker/handlers/fetch/fetch-sessions.ts'
import type { Wanted } from '../../../../broker/handlers/fetch/wanted.ts'
import { seeded } from '../../../support/mutate.ts'

const minute = 60_000

function wanted(count: number): Wanted[] {
  return Array.from({ length: count }, (_, partition) => ({
    key: { name: 'orders' },
    partition,
    currentLeaderEpoch: -1,
    fetchOffset: 0,
    lastFetchedEpoch: -1,
    maxBytes: 1,
  }))
}

function newSessions(slots: number) {
  const random = seeded(1)
  const sessions = new FetchSessions({ slots, random: { below: random } })
  const add = (nowMs: number, { size = 1, isPrivileged = false } = {}) =>
    sessions.add(wanted(size), { nowMs, usesTopicIds: false, isPrivileged })?.id
  return { sessions, add }
}

test('ids differ and are never 0', () => {
  const { add } = newSessions(500)
  const ids = Array.from({ length: 500 }, () => add(0))
  expect(new Set(ids).size).toBe(500)
  expect(ids.every((id) => id !== undefined && id > 0)).toBe(true)
})

test('where all slots are taken by those who use them, a new one gets none', () => {
  const { sessions, add } = newSessions(2)
  add(0)
  add(0)
  expect(add(minute)).toBeUndefined()
  expect(sessions.count).toBe(2)
})

test('one that was not used for two minutes goes, and one that was stays', () => {
  const { sessions, add } = newSessions(2)
  const [idle, used] = [add(0), add(0)] as [number, number]
  const session = sessions.find(used)
  if (session !== undefined) sessions.used(session, session.size, minute)
  const id = add(2 * minute + 1)
  expect(id).toBeDefined()
  expect([sessions.find(idle), sessions.find(used)?.id]).toEqual([undefined, used])
})

test('of those that are old a larger one takes the place of the smallest', () => {
  const { sessions, add } = newSessions(2)
  const small = add(0, { size: 2 }) as number
  const large = add(0, { size: 9 }) as number
  for (const id of [small, large]) {
    const session = sessions.find(id)
    if (session !== undefined) sessions.used(session, session.size, 2 * minute)
  }
  expect(add(2 * minute + 1, { size: 1 })).toBeUndefined()
  expect(add(2 * minute + 1, { size: 5 })).toBeDefined()
  expect([sessions.find(small), sessions.find(large)?.id]).toEqual([undefined, large])
})

test('a follower takes the place of a client, and never the other way round', () => {
  const { sessions, add } = newSessions(1)
  const client = add(0, { size: 100 }) as number
  expect(add(1, { isPrivileged: true })).toBeDefined()
  expect(sessions.find(client)).toBeUndefined()
  expect(add(1, { size: 200 })).toBeUndefined()
})

test('partitions of all sessions are counted, and are bounded', () => {
  const { sessions, add } = newSessions(1_000)
  expect(add(0, { size: 200_001 })).toBeUndefined()
  const ids = Array.from({ length: 6 }, () => add(0, { size: 200_000 }))
  expect(ids.filter((id) => id !== undefined)).toHaveLength(5)
  expect(sessions.partitionCount).toBe(1_000_000)
  const [first] = ids as number[]
  sessions.remove(first as number)
  expect(sessions.partitionCount).toBe(800_000)
})

test('without slots there are no sessions', () => {
  const { add } = newSessions(0)
  expect(add(0)).toBeUndefined()
})
