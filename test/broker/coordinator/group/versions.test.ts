import { expect, test } from 'vitest'
import type { ApiName, RequestOf, ResponseInputOf } from '../../../../broker/protocol/apis.ts'
import { apiOf } from '../../../../broker/protocol/apis.ts'
import { decode, encode } from '../../../../broker/protocol/codec/codec.ts'
import { toBytes } from '../../../support/parts.ts'
import { Shard } from './shard.ts'

const groupId = 'g'

/** Every answer of a life of a group, in each version of its API. */
const lives: { [N in ApiName]?: (version: number) => Promise<ResponseInputOf<N>[]> } = {
  JoinGroup: (version) => answersOf(version).then(({ joins }) => joins),
  SyncGroup: (version) => answersOf(version).then(({ syncs }) => syncs),
  LeaveGroup: (version) => answersOf(version).then(({ leaves }) => leaves),
  DescribeGroups: (version) => answersOf(version).then(({ described }) => described),
  ListGroups: (version) => answersOf(version).then(({ listed }) => listed),
}

const all = Object.entries(lives).flatMap(([name, life]) => {
  const api = apiOf(name as ApiName)
  const [first, last] = api.response.versions
  const versions = Array.from({ length: last - first + 1 }, (_, at) => first + at)
  return versions.map((version) => [name, version, { api, life }] as const)
})

test.each(all)(
  '%s %i has an answer that its client can read',
  async (_, version, { api, life }) => {
    for (const answer of await life(version)) {
      const read = decode(api.response, version, toBytes(encode(api.response, version, answer)))
      expect(read).toBeDefined()
    }
  },
)

test('before version 7 an answer without a protocol has an empty one, from then on none', async () => {
  const refused = (version: number) => join(new Shard(), version, { sessionTimeoutMs: 1 })
  expect((await refused(6)).protocolName).toBe('')
  expect((await refused(7)).protocolName).toBeNull()
})

test('before version 3 LeaveGroup is of one member, whose error is that of the answer', async () => {
  const request = { groupId, memberId: 'm', members: [] }
  const leave = (version: number, members: RequestOf<'LeaveGroup'>['members']) =>
    new Shard().execute((groups) => groups.leave({ ...request, members }, { version }))
  expect(await leave(2, [])).toEqual({ errorCode: 25 })
  const member = { memberId: 'm', groupInstanceId: null, reason: null }
  const { reason: _, ...told } = member
  expect(await leave(3, [member])).toEqual({ errorCode: 0, members: [{ ...told, errorCode: 25 }] })
})

test('from version 5 on SyncGroup says by which protocol', async () => {
  const request: RequestOf<'SyncGroup'> = {
    groupId,
    generationId: 1,
    memberId: 'm',
    groupInstanceId: null,
    protocolType: null,
    protocolName: null,
    assignments: [],
  }
  const sync = (version: number) =>
    new Shard().execute((groups) => groups.sync(request, { version }))
  expect((await sync(4)).errorCode).toBe(25)
  expect((await sync(5)).errorCode).toBe(23)
})

test('a group has a name', async () => {
  const shard = new Shard()
  const named = { groupId: '', memberId: 'm', groupInstanceId: null, generationId: 1 }
  const leaving = { groupId: '', memberId: 'm', members: [] }
  const protocol = { protocolType: 'consumer', protocolName: 'range', assignments: [] }
  expect((await join(shard, 9, { groupId: '' })).errorCode).toBe(24)
  expect((await shard.execute((groups) => groups.heartbeat(named))).errorCode).toBe(24)
  const version = { version: 5 }
  const synced = shard.execute((groups) => groups.sync({ ...named, ...protocol }, version))
  expect((await synced).errorCode).toBe(24)
  expect((await shard.execute((groups) => groups.leave(leaving, version))).errorCode).toBe(24)
})

async function answersOf(version: number) {
  const shard = new Shard()
  const instance = { groupInstanceId: version < 5 ? null : 'i' }
  const joining = [join(shard, version, instance), join(shard, Math.min(version, 3), {})]
  joining.push(join(shard, version, { sessionTimeoutMs: 1 }))
  await shard.clock.advance(6_000)
  const joins = await Promise.all(joining)
  const { memberId = '' } = joins[0] ?? {}
  const sync: RequestOf<'SyncGroup'> = {
    groupId,
    generationId: 1,
    memberId,
    ...instance,
    protocolType: 'consumer',
    protocolName: 'range',
    assignments: [{ memberId, assignment: Buffer.from('p0') }],
  }
  const own = { version }
  const ask = { statesFilter: [], typesFilter: [] }
  const described = { groups: [groupId, 'other'], includeAuthorizedOperations: false }
  const leaving = { groupId, memberId, members: [{ memberId, ...instance, reason: null }] }
  return {
    joins,
    syncs: [
      await shard.execute((groups) => groups.sync(sync, own)),
      await shard.execute((groups) => groups.sync({ ...sync, generationId: 9 }, own)),
    ],
    described: [await shard.execute((groups) => groups.describe(described, own))],
    listed: [await shard.execute((groups) => groups.list(ask))],
    leaves: [
      await shard.execute((groups) => groups.leave(leaving, own)),
      await shard.execute((groups) => groups.leave(leaving, own)),
    ],
  }
}

function join(shard: Shard, version: number, own: Partial<RequestOf<'JoinGroup'>>) {
  const request: RequestOf<'JoinGroup'> = {
    groupId,
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 60_000,
    memberId: '',
    groupInstanceId: null,
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: Buffer.alloc(0) }],
    reason: null,
    ...own,
  }
  const client = { version, clientId: 'c', clientHost: '/10.0.0.1' }
  return shard.execute((groups) => groups.join(request, client))
}
