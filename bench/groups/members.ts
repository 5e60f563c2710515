import { setTimeout as sleep } from 'node:timers/promises'
import { errorCodes } from '../../broker/protocol/generated/error-codes.ts'
import { Line, retryMs } from './line.ts'

/** What clients try again. */
const passing: ReadonlySet<number> = new Set([
  errorCodes.COORDINATOR_LOAD_IN_PROGRESS,
  errorCodes.COORDINATOR_NOT_AVAILABLE,
  errorCodes.NOT_COORDINATOR,
  errorCodes.REBALANCE_IN_PROGRESS,
])

/** A process may have 20,000 files on many machines, the broker's too: beyond that two share one. */
const mostConnections = 10_000

type Member = {
  readonly groupId: string
  memberId: string
  generationId: number
  readonly line: Line
}

/** Undefined: none came. */
type Answer = { readonly errorCode: number } | undefined

/** Members of many groups, each with a connection as its client has. All do the same at once. */
export class Members {
  readonly #members: readonly Member[]
  readonly #lines: readonly Line[]
  #retries = 0

  constructor(address: string, { groups, members }: { groups: number; members: number }) {
    const [host = '', port = ''] = address.split(':')
    const length = groups * members
    this.#lines = Array.from({ length: Math.min(length, mostConnections) }, () => {
      return new Line({ host, port: Number(port) })
    })
    this.#members = Array.from({ length }, (_, index) => ({
      groupId: `group-${Math.floor(index / members)}`,
      memberId: '',
      generationId: -1,
      line: this.#lines[index % this.#lines.length] as Line,
    }))
  }

  /** How often a member was asked to come again, or had to dial again. */
  get retries(): number {
    return this.#lines.reduce((sum, { failures }) => sum + failures, this.#retries)
  }

  async connect(): Promise<void> {
    await Promise.all(this.#lines.map((line) => line.connect()))
  }

  close(): void {
    for (const line of this.#lines) line.close()
  }

  /** All join, and get their assignments. @param metadata What they say: if it is new, all rebalance. */
  async join(metadata: string): Promise<void> {
    await this.#each((member) => this.#join(member, metadata))
  }

  /** Each is heard of: its coordinator is there, and knows it. */
  async beat(): Promise<void> {
    await this.#each((member) => {
      const { groupId, memberId, generationId } = member
      const request = { groupId, generationId, memberId, groupInstanceId: null }
      return member.line.request('Heartbeat', 4, request)
    })
  }

  async #join(member: Member, metadata: string): Promise<Answer> {
    const { groupId, line } = member
    const joined = await line.request('JoinGroup', 5, {
      groupId,
      sessionTimeoutMs: 60_000,
      rebalanceTimeoutMs: 60_000,
      memberId: member.memberId,
      groupInstanceId: null,
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: subscription(metadata) }],
    })
    if (joined?.errorCode === errorCodes.MEMBER_ID_REQUIRED) {
      member.memberId = joined.memberId
      return this.#join(member, metadata)
    }
    if (joined?.errorCode !== errorCodes.NONE) return joined
    const { generationId, memberId, leader, members } = joined
    Object.assign(member, { memberId, generationId })
    const assignments =
      leader !== memberId
        ? []
        : members.map((other) => ({ memberId: other.memberId, assignment: Buffer.alloc(100, 1) }))
    const own = { groupId, generationId, memberId, groupInstanceId: null }
    const protocol = { protocolType: 'consumer', protocolName: 'range' }
    return line.request('SyncGroup', 5, { ...own, ...protocol, assignments })
  }

  /** Each does it until all is well. */
  async #each(run: (member: Member) => Promise<Answer>): Promise<void> {
    const until = async (member: Member) => {
      for (;;) {
        const answer = await run(member)
        if (answer?.errorCode === errorCodes.NONE) return
        if (answer !== undefined && !passing.has(answer.errorCode)) {
          throw new Error(`a member of ${member.groupId} was answered ${answer.errorCode}`)
        }
        this.#retries++
        await sleep(retryMs)
      }
    }
    await Promise.all(this.#members.map(until))
  }
}

/** What a consumer of `orders` says of itself, and anything that it likes. Source: ConsumerProtocolSubscription. */
function subscription(userData: string): Buffer {
  const bytes = Buffer.alloc(100)
  let at = bytes.writeInt16BE(0, 0) // its version
  at = bytes.writeInt32BE(1, at) // topics
  at = bytes.writeInt16BE('orders'.length, at)
  at += bytes.write('orders', at)
  at = bytes.writeInt32BE(bytes.length - at - 4, at)
  bytes.write(userData, at)
  return bytes
}
