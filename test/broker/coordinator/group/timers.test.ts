import { expect, test } from 'vitest'
import type { RequestOf } from '../../../../broker/protocol/apis.ts'
import { ManualClock } from '../../../support/manual-clock.ts'
import { Shard } from './shard.ts'

const groupId = 'g'
const client = { version: 3, clientId: 'c', clientHost: '/10.0.0.1' }

test('a group has one timer, however many members, and a heartbeat sets none', async () => {
  const clock = new CountingClock()
  const shard = new Shard({}, clock)
  const members = await stable(shard, { count: 50, sessionMs: 10_000 })
  expect(clock.pending).toBe(1)
  const before = clock.made
  for (const memberId of members) await heartbeat(shard, memberId, 1)
  expect(clock.made).toBe(before)
  expect(clock.pending).toBe(1)
})

test('a group that nobody is in has none', async () => {
  const shard = new Shard()
  await stable(shard, { count: 3, sessionMs: 10_000 })
  await shard.clock.advance(10_000)
  expect(shard.groups.stateOf(groupId)).toBe('Empty')
  expect(shard.clock.pending).toBe(0)
})

test('a broker that has no groups any more has none', async () => {
  const shard = new Shard()
  await stable(shard, { count: 3, sessionMs: 10_000 })
  shard.log.length = 0
  shard.crash()
  expect(shard.clock.pending).toBe(0)
})

test('of two things that are due when a timer goes off late, the second may be over already', async () => {
  const clock = new LateClock()
  const shard = new Shard({}, clock)
  const [a = '', b = ''] = await stable(shard, { count: 2, sessionMs: 10_000 })
  expect(await heartbeat(shard, b, 1)).toBe(0)
  await clock.advance(100)
  const again = shard.execute((groups) =>
    groups.join({ ...joining(10_000), memberId: a, rebalanceTimeoutMs: 10_000 }, client),
  )
  await clock.advance(11_000) // the session of b ends at 10.0 s, the time to join at 10.1 s
  expect(await again).toMatchObject({ errorCode: 0, generationId: 2, leader: a })
})

/** Goes off late, as timers of a busy process do. */
class LateClock extends ManualClock {
  override timer(delayMs: number, callback: () => void) {
    return super.timer(delayMs + 500, callback)
  }
}

class CountingClock extends ManualClock {
  made = 0

  override timer(delayMs: number, callback: () => void) {
    this.made += 1
    return super.timer(delayMs, callback)
  }
}

/** @returns The ids of members that have their assignments in generation 1; the first leads. */
async function stable(shard: Shard, { count, sessionMs }: { count: number; sessionMs: number }) {
  const joins = Array.from({ length: count }, () =>
    shard.execute((groups) => groups.join(joining(sessionMs), client)),
  )
  await shard.clock.advance(7_000)
  const members = (await Promise.all(joins)).map(({ memberId }) => memberId)
  for (const memberId of members) {
    await shard.execute((groups) => groups.sync(syncing(memberId), { version: 3 }))
  }
  return members
}

function joining(sessionTimeoutMs: number): RequestOf<'JoinGroup'> {
  return {
    groupId,
    sessionTimeoutMs,
    rebalanceTimeoutMs: 60_000,
    memberId: '',
    groupInstanceId: null,
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: Buffer.alloc(0) }],
    reason: null,
  }
}

function syncing(memberId: string): RequestOf<'SyncGroup'> {
  const nothing = { groupInstanceId: null, protocolType: null, protocolName: null }
  return { groupId, generationId: 1, memberId, ...nothing, assignments: [] }
}

async function heartbeat(shard: Shard, memberId: string, generationId: number) {
  const request = { groupId, generationId, memberId, groupInstanceId: null }
  return (await shard.execute((groups) => groups.heartbeat(request))).errorCode
}
