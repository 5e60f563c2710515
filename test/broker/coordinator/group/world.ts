import { expect } from 'vitest'
import type { ClassicGroups } from '../../../../broker/coordinator/group/classic-groups.ts'
import type { GroupSettings } from '../../../../broker/coordinator/group/settings.ts'
import type { RequestOf, ResponseInputOf } from '../../../../broker/protocol/apis.ts'
import { KafkaError } from '../../../../broker/protocol/errors.ts'
import { errorCodes } from '../../../../broker/protocol/generated/error-codes.ts'
import { type Appends, type ErrorCode, type GroupRecord, Shard } from './shard.ts'

type Failure = { readonly refused: ErrorCode } | { readonly lost: ErrorCode }

export type Action =
  | { type: 'next' | 'restart' | 'leave' | 'impostor'; client: number }
  | {
      type: 'change'
      client: number
      protocols: string
      version: number
      sessionMs: number
      rebalanceMs: number
    }
  | { type: 'wait'; ms: number }
  | { type: 'hold' }
  | { type: 'release' | 'fail next'; outcome: Appends & (Failure | 'committed') }
  | { type: 'crash' }
  | { type: 'delete' }

type Client = {
  readonly name: string
  readonly instance: string | null
  memberId: string
  generation: number
  /** The highest generation that it heard of, in this life of the group and of the broker. */
  heard: number
  phase: 'out' | 'joining' | 'joined' | 'syncing' | 'in'
  leads: boolean
  /** Whom it shares the work out to: it leads. */
  others: readonly string[]
  protocol: string
  protocols: string
  version: number
  sessionMs: number
  rebalanceMs: number
}

const groupId = 'g'

/** Clients of one group, the broker that has it, and what must be true of both at any time. */
export class World {
  private readonly shard: Shard
  private readonly clients: Client[]
  /** Requests that were not answered, and what they were. */
  private readonly waiting = new Map<number, string>()
  private requests = 0
  private written = 0
  /** Which leader's words the members of a generation have, from one deletion of the group to the next. */
  private words = new Map<number, string>()
  private refusedBefore = 0
  private readonly problems: unknown[] = []
  private shares = 0

  constructor(settings: Partial<GroupSettings>) {
    this.shard = new Shard(settings)
    this.shard.onAppended = (record) => this.appended(record)
    this.clients = Array.from({ length: 6 }, (_, index) => clientOf(index))
  }

  get unanswered(): string[] {
    return [...this.waiting.values()]
  }

  async act(action: Action): Promise<void> {
    switch (action.type) {
      case 'wait':
        await this.shard.clock.advance(action.ms)
        break
      case 'hold':
        this.shard.appends = 'held'
        break
      case 'release':
        this.shard.release(action.outcome)
        break
      case 'fail next':
        this.shard.appends = action.outcome
        break
      case 'crash':
        this.shard.crash()
        for (const client of this.clients) client.heard = 0
        break
      case 'delete':
        this.delete()
        break
      default:
        this.actAs(this.clients[action.client] as Client, action)
    }
    await this.settle()
  }

  /** Nobody asks any more, and all time passes. */
  async end(): Promise<void> {
    this.shard.release()
    await this.settle()
    for (let hour = 0; hour < 6; hour++) {
      await this.shard.clock.advance(600_000)
      this.check()
    }
    const { groups, clock } = this.shard
    expect(['Empty', 'Unknown']).toContain(groups.stateOf(groupId))
    expect(clock.pending).toBe(0)
  }

  check(): void {
    for (const problem of this.problems) throw problem
    const { groups, log, refused } = this.shard
    const state = groups.stateOf(groupId)
    const described = describe(groups)
    if (state === 'Stable') {
      const words = new Set(
        described.members.map(({ memberAssignment }) => wordsOf(memberAssignment)),
      )
      expect(words.size, 'all members of a generation have the words of one leader').toBe(1)
    }
    // That nobody is left is known here, though it could not be written.
    if (refused !== this.refusedBefore) return
    if (state !== 'Stable' && state !== 'Empty') return
    const read = replayed(log)
    expect(describe(read)).toEqual(described)
    const { value } = log.at(-1) as GroupRecord
    for (const { memberId, groupInstanceId = null } of value?.members ?? []) {
      const generationId = value?.generation ?? -1
      expect(() =>
        groups.checkCommit(groupId, { memberId, groupInstanceId, generationId }),
      ).not.toThrow()
    }
  }

  private async settle(): Promise<void> {
    await this.shard.clock.turn()
  }

  private appended({ value }: GroupRecord): void {
    // What is in the log from here on is what the group is.
    this.refusedBefore = this.shard.refused
    if (value === null) {
      this.written = 0
      for (const client of this.clients) client.heard = 0
      this.words = new Map() // and what is told late of the life before does not count in this one
      return
    }
    expect(value.generation, 'generations only rise').toBeGreaterThanOrEqual(this.written)
    this.written = value.generation
    for (const { assignment } of value.members) this.hears(value.generation, wordsOf(assignment))
  }

  private hears(generation: number, words: string, life = this.words): void {
    const known = life.get(generation) ?? words
    expect(words, `generation ${generation} has one leader`).toBe(known)
    life.set(generation, known)
  }

  private actAs(client: Client, action: Extract<Action, { client: number }>): void {
    switch (action.type) {
      case 'next':
        return this.next(client)
      case 'restart':
        Object.assign(client, { memberId: '', generation: -1, phase: 'out' })
        return
      case 'change': {
        const { type: _, client: __, ...changed } = action
        Object.assign(
          client,
          changed,
          client.instance !== null && changed.version < 5 ? { version: 5 } : {},
        )
        if (client.phase === 'in') client.phase = 'out'
        return
      }
      case 'leave':
        return this.leave(client)
      case 'impostor':
        if (client.leads) return
        return this.sync(
          { ...client, others: this.clients.map(({ memberId }) => memberId) },
          'evil',
        )
    }
  }

  /** What a client does that knows its business; one that waits gives up now and then, and asks again. */
  private next(client: Client): void {
    switch (client.phase) {
      case 'out':
      case 'joining':
        return this.join(client)
      case 'joined':
      case 'syncing':
        return this.sync(client)
      case 'in':
        return this.heartbeat(client)
    }
  }

  private join(client: Client): void {
    const { version, memberId, instance: groupInstanceId } = client
    const life = this.words
    client.phase = 'joining'
    const request: RequestOf<'JoinGroup'> = {
      groupId,
      sessionTimeoutMs: client.sessionMs,
      rebalanceTimeoutMs: client.rebalanceMs,
      memberId,
      groupInstanceId,
      protocolType: 'consumer',
      protocols: client.protocols.split(',').map((name) => ({ name, metadata: Buffer.from(name) })),
      reason: null,
    }
    const context = { version, clientId: client.name, clientHost: '/10.0.0.1' }
    const asked = this.shard.execute((groups) => groups.join(request, context))
    this.watch(`join of ${client.name}`, asked, (response) => {
      if (client.phase !== 'joining' || client.memberId !== memberId) return
      this.joined(client, response, life === this.words)
    })
  }

  private joined(
    client: Client,
    response: ResponseInputOf<'JoinGroup'>,
    isOfThisLife: boolean,
  ): void {
    const { errorCode, memberId, generationId = -1, leader, members } = response
    if (errorCode === errorCodes.MEMBER_ID_REQUIRED) client.memberId = memberId
    if (errorCode !== 0) return this.refused(client, errorCode)
    if (isOfThisLife) {
      expect(generationId, 'generations only rise').toBeGreaterThanOrEqual(client.heard)
      client.heard = generationId
    }
    client.memberId = memberId
    client.generation = generationId
    client.protocol = response.protocolName ?? ''
    const isLeader = leader === memberId && response.skipAssignment !== true
    if (isLeader) expect(members.map((member) => member.memberId)).toContain(memberId)
    else if (leader !== memberId) expect(members).toEqual([])
    client.leads = leader === memberId
    client.others = isLeader ? members.map((member) => member.memberId) : []
    client.phase = 'joined'
  }

  private sync(client: Client, words = `words ${(this.shares += 1)}`): void {
    const { memberId, generation, others, version } = client
    const life = this.words
    client.phase = 'syncing'
    const request: RequestOf<'SyncGroup'> = {
      groupId,
      generationId: generation,
      memberId,
      groupInstanceId: client.instance,
      protocolType: 'consumer',
      protocolName: client.protocol,
      assignments: others.map((other) => ({ memberId: other, assignment: Buffer.from(words) })),
    }
    const asked = this.shard.execute((groups) =>
      groups.sync(request, { version: Math.min(version, 5) }),
    )
    this.watch(`sync of ${client.name}`, asked, ({ errorCode, assignment }) => {
      if (errorCode === 0) this.hears(generation, wordsOf(assignment), life)
      if (client.phase !== 'syncing' || client.memberId !== memberId) return
      if (errorCode === 0) client.phase = 'in'
      else this.refused(client, errorCode)
    })
  }

  private heartbeat(client: Client): void {
    const { memberId, generation: generationId, instance: groupInstanceId } = client
    const request = { groupId, memberId, generationId, groupInstanceId }
    const asked = this.shard.execute((groups) => groups.heartbeat(request))
    this.watch(`heartbeat of ${client.name}`, asked, ({ errorCode }) => {
      if (errorCode !== 0) this.refused(client, errorCode)
    })
  }

  private leave(client: Client): void {
    const { memberId, instance: groupInstanceId } = client
    const request = { groupId, memberId, members: [{ memberId, groupInstanceId, reason: null }] }
    const asked = this.shard.execute((groups) => groups.leave(request, { version: 5 }))
    this.watch(`leave of ${client.name}`, asked, () => {})
    this.actAs(client, { type: 'restart', client: 0 })
  }

  private delete(): void {
    const asked = this.shard.execute((groups) => ({
      records: groups.remove(groupId),
      response: '',
    }))
    this.watch('delete', asked, () => {})
  }

  private refused(client: Client, code: number): void {
    client.phase = 'out'
    const keeps: number[] = [errorCodes.REBALANCE_IN_PROGRESS, errorCodes.MEMBER_ID_REQUIRED]
    if (!keeps.includes(code)) client.memberId = ''
  }

  private watch<R>(what: string, asked: Promise<R>, told: (response: R) => void): void {
    const request = (this.requests += 1)
    this.waiting.set(request, what)
    const done = () => void this.waiting.delete(request)
    asked
      .then(told)
      .catch((error: unknown) => {
        if (!(error instanceof KafkaError)) this.problems.push(error)
      })
      .finally(done)
  }
}

function clientOf(index: number): Client {
  return {
    name: `c${index}`,
    instance: index < 2 ? `i${index}` : null,
    memberId: '',
    generation: -1,
    heard: 0,
    phase: 'out',
    leads: false,
    others: [],
    protocol: '',
    protocols: 'range,sticky',
    version: 9,
    sessionMs: 10_000,
    rebalanceMs: 8_000,
  }
}

function replayed(log: readonly GroupRecord[]): ClassicGroups {
  const shard = new Shard()
  for (const record of log) shard.log.push(record)
  shard.crash()
  return shard.groups
}

type Described = ResponseInputOf<'DescribeGroups'>['groups'][number]

function describe(groups: ClassicGroups): Described {
  const request = { groups: [groupId], includeAuthorizedOperations: false }
  const { response } = groups.describe(request, { version: 6 })
  const described = (response as ResponseInputOf<'DescribeGroups'>).groups[0] as Described
  return {
    ...described,
    members: described.members.toSorted((a, b) => (a.memberId < b.memberId ? -1 : 1)),
  }
}

function wordsOf(assignment: Uint8Array): string {
  return Buffer.from(assignment).toString()
}
