import type { RequestOf, ResponseInputOf } from '../../../../broker/protocol/apis.ts'
import { KafkaError } from '../../../../broker/protocol/errors.ts'
import { errorCodes } from '../../../../broker/protocol/generated/error-codes.ts'
import { type ErrorCode, type GroupRecord, Shard, short } from './shard.ts'

/**
 * A story of one group: requests, times, and what comes of them.
 *
 * ```
 * a join                      a client asks; it sends what it was told last
 * wait 3s                     time passes
 *   a: generation 1 ...       what came of it, two spaces before
 * # a comment
 * ```
 *
 * What a client says is changed by words behind: `as a#1`, `gen 7`, `v4`, `instance i`,
 * `protocols range=x,sticky=y`, `type connect`, `session 10s`, `rebalance 60s`.
 *
 * @returns The story again, with what really came of it.
 */
export async function tell(script: string): Promise<string> {
  const lines = script.split('\n').filter((line) => !line.startsWith('  '))
  const teller = new Teller()
  const told: string[] = []
  for (const line of lines) {
    told.push(line)
    if (line !== '' && !line.startsWith('#')) told.push(...(await teller.hear(line)))
  }
  return told.join('\n')
}

const groupId = 'g'

/** What a client remembers. */
type Client = { memberId: string; generation: number; instance: string | null; version: number }

class Teller {
  private shard = new Shard()
  private readonly clients = new Map<string, Client>()
  private heard: string[] = []
  private longIds = new Map<string, string>()

  constructor() {
    this.listen()
  }

  async hear(line: string): Promise<string[]> {
    this.heard = []
    await this.act(line.split(' '))
    await this.shard.clock.advance(0)
    await this.shard.clock.turn()
    return this.heard.map((text) => `  ${text}`)
  }

  private act([who = '', what = '', ...words]: string[]): void | Promise<void> {
    switch (who) {
      case 'wait':
        return this.shard.clock.advance(msOf(what))
      case 'appends':
        return this.setAppends(what, words[0])
      case 'crash':
        return this.shard.crash()
      case 'settings': {
        const [name = '', value = ''] = what.split('=')
        this.shard.crash({ [name]: Number(value) })
        return
      }
      case 'describe':
        return this.describe(Number(what || 5))
      case 'list':
        return this.list(what, words[0] ?? '')
      case 'delete':
        return this.delete()
      default:
        return this.ask(who, what, words)
    }
  }

  private setAppends(what: string, code: string | undefined): void {
    if (what === 'committed') this.shard.release()
    else if (what === 'held') this.shard.appends = what
    else this.shard.appends = { [what]: code as ErrorCode } as { refused: ErrorCode }
  }

  private ask(name: string, what: string, words: string[]): void {
    const said = sayingOf(words)
    const client = this.clientOf(name, said)
    switch (what) {
      case 'join':
        return this.join(name, client, said)
      case 'sync':
        return this.sync(name, client, said)
      case 'heartbeat':
        return this.heartbeat(name, client)
      case 'leave':
        return this.leave(name, client, said)
      case 'commit':
        return this.commit(name, client)
      default:
        throw new Error(`nobody knows how to ${what}`)
    }
  }

  private clientOf(name: string, said: Saying): Client {
    const known = this.clients.get(name)
    const client = known ?? { memberId: '', generation: -1, instance: null, version: 9 }
    if (said.as !== undefined) client.memberId = this.longOf(said.as)
    if (said.gen !== undefined) client.generation = Number(said.gen)
    if (said.instance !== undefined)
      client.instance = said.instance === 'none' ? null : said.instance
    if (said.version !== undefined) client.version = said.version
    this.clients.set(name, client)
    return client
  }

  private join(name: string, client: Client, said: Saying): void {
    const request: RequestOf<'JoinGroup'> = {
      groupId,
      sessionTimeoutMs: msOf(said.session ?? '10s'),
      rebalanceTimeoutMs: msOf(said.rebalance ?? '60s'),
      memberId: client.memberId,
      groupInstanceId: client.instance,
      protocolType: said.type ?? 'consumer',
      protocols: protocolsOf(said.protocols ?? 'range'),
      reason: null,
    }
    const { version } = client
    const context = { version, clientId: name, clientHost: '/10.0.0.1' }
    this.answer(
      name,
      this.shard.execute((groups) => groups.join(request, context)),
      (response) => {
        if (response.errorCode === 0 || response.errorCode === errorCodes.MEMBER_ID_REQUIRED) {
          client.memberId = response.memberId
          client.generation = response.generationId ?? -1
          this.longIds.set(short(response.memberId), response.memberId)
        }
        return this.joinText(response)
      },
    )
  }

  private joinText(response: ResponseInputOf<'JoinGroup'>): string {
    const { errorCode, memberId, generationId, protocolName, leader, members } = response
    const as = memberId === '' ? '' : ` as ${short(memberId)}`
    if (errorCode !== 0) return `${nameOf(errorCode)}${as}`
    const others = members.map(({ memberId, metadata, groupInstanceId }) => {
      const instance =
        groupInstanceId === null || groupInstanceId === undefined ? '' : `(${groupInstanceId})`
      return ` ${short(memberId)}${instance}=${textOf(metadata)}`
    })
    const skipping = response.skipAssignment === true ? ', skips the assignment' : ''
    const sharing = others.length === 0 ? '' : `, of${others.join('')}`
    return `generation ${generationId}${as}, ${protocolName}, leader ${short(leader)}${sharing}${skipping}`
  }

  private sync(name: string, client: Client, said: Saying): void {
    const { memberId, generation: generationId, instance: groupInstanceId, version } = client
    const request: RequestOf<'SyncGroup'> = {
      groupId,
      generationId,
      memberId,
      groupInstanceId,
      protocolType: version < 5 ? null : (said.type ?? 'consumer'),
      protocolName: version < 5 ? null : (said.protocols ?? 'range'),
      assignments: [...said.assignments].map(([short, text]) => ({
        memberId: this.longOf(short),
        assignment: Buffer.from(text),
      })),
    }
    this.answer(
      name,
      this.shard.execute((groups) => groups.sync(request, { version: Math.min(version, 5) })),
      ({ errorCode, assignment }) =>
        errorCode === 0 ? `assigned ${textOf(assignment) || 'nothing'}` : nameOf(errorCode),
    )
  }

  private heartbeat(name: string, client: Client): void {
    const { memberId, generation: generationId, instance: groupInstanceId } = client
    const request = { groupId, generationId, memberId, groupInstanceId }
    this.answer(
      name,
      this.shard.execute((groups) => groups.heartbeat(request)),
      ({ errorCode }) => nameOf(errorCode),
    )
  }

  private leave(name: string, client: Client, said: Saying): void {
    const { memberId, instance: groupInstanceId, version } = client
    const reason = said.reason ?? null
    const request = { groupId, memberId, members: [{ memberId, groupInstanceId, reason }] }
    this.answer(
      name,
      this.shard.execute((groups) => groups.leave(request, { version: Math.min(version, 5) })),
      ({ errorCode, members = [] }) =>
        nameOf(errorCode === 0 ? (members[0]?.errorCode ?? 0) : errorCode),
    )
  }

  private commit(name: string, client: Client): void {
    const { memberId, generation: generationId, instance: groupInstanceId } = client
    try {
      this.shard.groups.checkCommit(groupId, { memberId, groupInstanceId, generationId })
      this.heard.push(`${name}: may commit`)
    } catch (error) {
      this.heard.push(`${name}: ${codeOf(error)}`)
    }
  }

  private describe(version: number): void {
    const request = { groups: [groupId], includeAuthorizedOperations: false }
    const asked = this.shard.execute((groups) => groups.describe(request, { version }))
    this.answer('admin', asked, ({ groups }) => groups.map(describedText).join())
  }

  private list(states: string, types: string): void {
    const filter = (text: string) => text.split(',').filter((word) => word !== '' && word !== 'any')
    const request = { statesFilter: filter(states), typesFilter: filter(types) }
    const asked = this.shard.execute((groups) => groups.list(request))
    this.answer('admin', asked, ({ groups }) => groups.map(listedText).join(', ') || 'no groups')
  }

  private delete(): void {
    const deleted = this.shard.execute((groups) => {
      const records = groups.remove(groupId)
      return { records, response: records.length > 0 ? 'deleted' : 'not empty, or not there' }
    })
    this.answer('admin', deleted, (text) => text)
  }

  private answer<R>(name: string, response: Promise<R>, text: (response: R) => string): void {
    response.then(
      (answer) => this.heard.push(`${name}: ${text(answer)}`),
      (error: unknown) => this.heard.push(`${name}: ${codeOf(error)}`),
    )
  }

  private listen(): void {
    this.shard.onAppended = (record) => this.heard.push(`log: ${recordText(record)}`)
  }

  private longOf(short: string): string {
    return this.longIds.get(short) ?? (short === 'nobody' ? '' : short)
  }
}

const sayable = [
  'as',
  'gen',
  'instance',
  'session',
  'rebalance',
  'protocols',
  'type',
  'reason',
] as const

type Saying = { readonly [Word in (typeof sayable)[number]]?: string } & {
  readonly version?: number
  /** By member ids as they are shown. */
  readonly assignments: ReadonlyMap<string, string>
}

/** `as a#1 gen 2 v5 a#1=p0` */
function sayingOf(words: readonly string[]): Saying {
  const said: { -readonly [Name in keyof Saying]?: Saying[Name] } = {}
  const assignments = new Map<string, string>()
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as string
    const name = sayable.find((known) => known === word)
    const [memberId = '', text = ''] = word.split('=')
    if (name !== undefined) said[name] = words[++at] ?? ''
    else if (/^v\d+$/.test(word)) said.version = Number(word.slice(1))
    else if (word.includes('=')) assignments.set(memberId, text)
    else throw new Error(`nobody says ${word}`)
  }
  return { ...said, assignments }
}

function protocolsOf(text: string) {
  return text.split(',').map((protocol) => {
    const [name = '', metadata = ''] = protocol.split('=')
    return { name, metadata: Buffer.from(metadata) }
  })
}

function msOf(text: string): number {
  return text.endsWith('ms') ? Number(text.slice(0, -2)) : Number(text.slice(0, -1)) * 1_000
}

const names = new Map<number, string>(
  Object.entries(errorCodes).map(([name, code]) => [code, name]),
)

function nameOf(code: number): string {
  return code === 0 ? 'fine' : (names.get(code) ?? String(code))
}

function codeOf(error: unknown): string {
  if (error instanceof KafkaError) return error.code
  throw error
}

function describedText(group: Described): string {
  const members = group.members.map((member) => {
    const { memberId, clientHost, memberMetadata, memberAssignment } = member
    return ` ${short(memberId)}@${clientHost}=${textOf(memberMetadata)}/${textOf(memberAssignment)}`
  })
  const error = group.errorCode === 0 ? '' : `, ${nameOf(group.errorCode)}`
  const protocol = group.protocolData === '' ? '' : ` by ${group.protocolData}`
  return `${group.groupState}${protocol}${members.join('')}${error}`
}

type Described = ResponseInputOf<'DescribeGroups'>['groups'][number]
type Listed = ResponseInputOf<'ListGroups'>['groups'][number]

function listedText({ groupId: id, groupState, groupType, protocolType }: Listed): string {
  return `${id} ${groupState} ${groupType} ${protocolType}`
}

function recordText({ value }: GroupRecord): string {
  if (value === null) return 'the group is deleted'
  const { generation, protocolType, protocol, leader, members } = value
  if (members.length === 0) return `generation ${generation}, ${leader ?? 'nobody'}`
  const all = members.map(({ memberId, subscription, assignment }) => {
    return ` ${short(memberId)}=${textOf(subscription)}/${textOf(assignment)}`
  })
  return `generation ${generation}, ${protocolType} by ${protocol}, leader ${short(leader ?? '')},${all.join('')}`
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString()
}
