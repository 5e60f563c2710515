import { expect, test } from 'vitest'

import { errorCodes as codes } from '../../../../broker/protocol/generated/error-codes.ts'
import { TransientError } from '../../../../cli/client/client-error.ts'
import type { GroupReading } from '../../../../cli/client/group/committed-reading.ts'
import type { Coordinator, Joined } from '../../../../cli/client/group/coordinator.ts'
import { GroupMember } from '../../../../cli/client/group/group-member.ts'
import { ManualClock } from '../../../support/manual-clock.ts'

test('it joins, goes on where the group has committed, and commits what moved with each heartbeat', async () => {
  const group = new Story()
  expect(await group.joined()).toEqual([
    'find',
    'join ',
    'join m-1',
    'sync m-1/1',
    'heartbeat m-1/1',
    'committed 0,1',
    'begin 0,1 from 0:5',
  ])

  group.read({ 0: 7 })
  await group.pass(3_000)
  expect(group.saidSince()).toEqual(['heartbeat m-1/1', 'commit m-1/1 0:7'])
  await group.pass(6_000)
  expect(group.saidSince()).toEqual(['heartbeat m-1/1', 'heartbeat m-1/1'])
})

test('a rebalance ends the reading, commits what was read, and begins anew with what it is given', async () => {
  const group = new Story()
  await group.joined()
  group.read({ 0: 7, 1: 2 })
  group.answers.heartbeat = ['REBALANCE_IN_PROGRESS']
  group.partitions = [1]
  await group.pass(3_000)

  expect(group.saidSince()).toEqual([
    'heartbeat m-1/1',
    'end',
    'commit m-1/1 0:7,1:2',
    'join m-1',
    'sync m-1/2',
    'heartbeat m-1/2',
    'committed 1',
    'begin 1 from 1:2',
  ])
})

test('when the group went on without it, it commits nothing, says so, and joins as a new member', async () => {
  const group = new Story()
  await group.joined()
  group.read({ 0: 7 })
  group.answers.heartbeat = ['UNKNOWN_MEMBER_ID']
  await group.pass(4_000)

  expect(group.saidSince().slice(0, 5)).toEqual([
    'heartbeat m-1/1',
    'end',
    "warn group 'audit' went on without this member: what was read last is read again",
    'join ',
    'join m-1',
  ])
})

test('while the coordinator is away it reads on, and then goes on in its generation', async () => {
  const group = new Story()
  await group.joined()
  group.answers.heartbeat = ['lost']
  group.answers.find = ['lost', 'lost']
  await group.pass(3_800)
  expect(group.saidSince()).toEqual(['heartbeat m-1/1', 'find', 'find', 'find'])

  group.read({ 0: 6 })
  await group.pass(3_000)
  expect(group.saidSince()).toEqual(['heartbeat m-1/1', 'commit m-1/1 0:6'])
})

test('when it is stopped it commits, leaves, and is gone at once', async () => {
  const group = new Story()
  await group.joined()
  group.read({ 0: 9 })
  await group.stop()

  await group.ended
  expect(group.saidSince()).toEqual(['end', 'commit m-1/1 0:9', 'leave m-1', 'close'])
  expect(group.clock.pending).toBe(0)
})

test('stopped while others are waited for, it waits no longer, and leaves', async () => {
  const group = new Story()
  group.answers.join = ['waits']
  await group.pass(0)
  await group.stop()

  await group.ended
  expect(group.saidSince()).toEqual([
    'find',
    'join ',
    'join m-1',
    'close',
    'find',
    'leave m-1',
    'close',
  ])
})

test('a last commit that fails is tried for ten seconds, then told; it leaves all the same', async () => {
  const group = new Story()
  await group.joined()
  group.read({ 0: 9 })
  group.answers.commit = Array.from({ length: 100 }, () => 'COORDINATOR_LOAD_IN_PROGRESS' as const)
  await group.stop()
  await group.pass(11_000)

  await expect(group.ended).rejects.toThrow(
    "what group 'audit' read last is read again: group 'audit': COORDINATOR_LOAD_IN_PROGRESS",
  )
  expect(group.saidSince().slice(-2)).toEqual(['leave m-1', 'close'])
})

test('the leader has the group share out anew when there are more partitions', async () => {
  const group = new Story({ leads: true })
  await group.joined()
  group.partitionCount = 3
  await group.pass(299_000)
  expect(group.saidSince()).not.toContain('join m-1')

  await group.pass(3_000)
  expect(group.saidSince()).toContain('join m-1')
})

type Outcome = keyof typeof codes | 'lost' | 'waits'

/** A member of the group 'audit' beside a coordinator that answers as it is told, or well. */
class Story implements GroupReading {
  readonly clock = new ManualClock()
  readonly said: string[] = []
  readonly answers: Partial<Record<'find' | 'join' | 'heartbeat' | 'commit', Outcome[]>> = {}
  readonly ended: Promise<void>
  partitions = [0, 1]
  partitionCount = 2
  offsets = new Map<number, number>()
  private readonly stopped = new AbortController()
  private readonly leads: boolean
  private readonly committed = new Map([[0, 5]])
  private generation = 0
  private isFound = false
  private giveUp: (error: Error) => void = () => {}

  constructor({ leads = false } = {}) {
    this.leads = leads
    const member = new GroupMember({
      group: 'audit',
      coordinator: this.coordinator(),
      clock: this.clock,
      reading: this,
      countPartitions: async () => new Map([['orders', this.partitionCount]]),
      warn: (line) => void this.said.push(`warn ${line}`),
    })
    this.ended = member.run(this.stopped.signal)
    this.ended.catch(() => {}) // who awaits it hears it
  }

  begin(partitions: readonly number[], committed: ReadonlyMap<number, number>): void {
    this.said.push(`begin ${partitions.join(',')} from ${textOf(committed)}`)
    this.offsets = new Map()
  }

  async end(): Promise<void> {
    this.said.push('end')
  }

  /** @returns What was done until it reads. */
  async joined(): Promise<string[]> {
    await this.pass(0)
    expect(this.said.at(-1)).toMatch('begin')
    return this.saidSince()
  }

  read(offsets: Record<number, number>): void {
    for (const [partition, at] of Object.entries(offsets)) this.offsets.set(Number(partition), at)
  }

  async stop(): Promise<void> {
    this.stopped.abort()
    await this.clock.advance(0)
  }

  async pass(ms: number): Promise<void> {
    await this.clock.advance(ms)
    await this.clock.turn()
  }

  /** What was done since this was asked last. */
  saidSince(): string[] {
    return this.said.splice(0)
  }

  private coordinator(): Pick<Coordinator, keyof Coordinator> {
    const answer = (name: keyof Story['answers']) => this.answer(name)
    const say = (line: string) => void this.said.push(line)
    const isFound = () => this.isFound
    return {
      get isFound() {
        return isFound()
      },
      find: async () => {
        say('find')
        await answer('find')
        this.isFound = true
      },
      close: () => {
        say('close')
        this.isFound = false
        this.giveUp(new TransientError('closed'))
      },
      join: async (memberId) => {
        say(`join ${memberId}`)
        const errorCode = memberId === '' ? codes.MEMBER_ID_REQUIRED : await answer('join')
        return this.join(errorCode)
      },
      sync: async (member) => {
        say(`sync ${member.memberId}/${member.generationId}`)
        return { errorCode: 0, partitions: this.partitions }
      },
      heartbeat: (member) => {
        say(`heartbeat ${member.memberId}/${member.generationId}`)
        return answer('heartbeat')
      },
      committed: async (partitions) => {
        say(`committed ${partitions.join(',')}`)
        const mine = [...this.committed].filter(([partition]) => partitions.includes(partition))
        return { errorCode: 0, offsets: new Map(mine) }
      },
      commit: async (member, offsets) => {
        say(`commit ${member.memberId}/${member.generationId} ${textOf(offsets)}`)
        const code = await answer('commit')
        if (code === 0) for (const [partition, at] of offsets) this.committed.set(partition, at)
        return code
      },
      leave: async (memberId) => say(`leave ${memberId}`),
    }
  }

  private join(errorCode: number): Joined {
    const subscriber = { memberId: 'm-1', groupInstanceId: null, topics: ['orders'] }
    if (errorCode === 0) this.generation++
    const subscribers = this.leads ? [subscriber] : undefined
    return { errorCode, memberId: 'm-1', generationId: this.generation, subscribers }
  }

  private answer(name: keyof Story['answers']): Promise<number> {
    const outcome = this.answers[name]?.shift() ?? 'NONE'
    if (outcome === 'lost') return Promise.reject(new TransientError('lost'))
    if (outcome !== 'waits') return Promise.resolve(codes[outcome])
    return new Promise((_, reject) => {
      this.giveUp = reject
    })
  }
}

function textOf(offsets: ReadonlyMap<number, number>): string {
  return [...offsets].map(([partition, at]) => `${partition}:${at}`).join(',')
}
