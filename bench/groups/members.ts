import type { ClientConnection } from '../../broker/net/client-connection.ts'
import { connect } from '../../broker/net/connect.ts'
import { errorCodes } from '../../broker/protocol/generated/error-codes.ts'
import { realClock } from '../../lib/clock.ts'

/** So many groups share connections, one for each member: fewer than a broker takes in of one at a time. */
const groupsAConnection = 200
/** For requests that wait for all others. */
const patienceMs = 120_000

/** What clients try again. */
const passing: ReadonlySet<number> = new Set([
  errorCodes.COORDINATOR_LOAD_IN_PROGRESS,
  errorCodes.COORDINATOR_NOT_AVAILABLE,
  errorCodes.REBALANCE_IN_PROGRESS,
])

export type Member = { readonly groupId: string; readonly index: number; memberId: string }

/** Members of many groups, as many clients would be: each group is joined by all of its own at once. */
export class Members {
  /** How often a member was asked to come again. */
  retries = 0
  readonly #address: string
  readonly #groups: readonly (readonly Member[])[]
  #connections: ClientConnection[][] = []

  constructor(address: string, { groups, members }: { groups: number; members: number }) {
    this.#address = address
    this.#groups = Array.from({ length: groups }, (_, group) =>
      Array.from({ length: members }, (_, index) => ({
        groupId: `group-${group}`,
        index,
        memberId: '',
      })),
    )
  }

  async connect(): Promise<void> {
    const [host = '', port = ''] = this.#address.split(':')
    const options = { host, port: Number(port), clock: realClock, clientId: 'bench' }
    const blocks = Math.ceil(this.#groups.length / groupsAConnection)
    const perBlock = this.#groups[0]?.length ?? 0
    this.#connections = []
    for (let block = 0; block < blocks; block++) {
      const dialled = Array.from({ length: perBlock }, () => connect(options))
      this.#connections.push(await Promise.all(dialled))
    }
  }

  close(): void {
    for (const connection of this.#connections.flat()) connection.close()
  }

  /** All join, and get their assignments. @param metadata What they say: if it is new, all rebalance. */
  async join(metadata: string): Promise<void> {
    await this.#each((member, connection) => this.#join(member, connection, metadata))
  }

  /** @returns How many heartbeats were answered with something else than that all is well. */
  async heartbeats(): Promise<number> {
    let refused = 0
    await this.#each(async ({ groupId, memberId }, connection) => {
      const generationId = this.#generations.get(memberId) ?? -1
      const request = { groupId, generationId, memberId, groupInstanceId: null }
      const { errorCode } = await connection.request('Heartbeat', 4, request)
      if (errorCode !== errorCodes.NONE) refused++
    })
    return refused
  }

  readonly #generations = new Map<string, number>()

  async #join(member: Member, connection: ClientConnection, metadata: string): Promise<void> {
    for (;;) {
      const errorCode = await this.#joinOnce(member, connection, metadata)
      if (errorCode === errorCodes.NONE) return
      if (!passing.has(errorCode)) throw new Error(`SyncGroup was answered ${errorCode}`)
      this.retries++
    }
  }

  async #joinOnce(member: Member, connection: ClientConnection, metadata: string): Promise<number> {
    const joined = await this.#joined(member, connection, metadata)
    const { groupId } = member
    const { generationId, memberId, leader, members } = joined
    member.memberId = memberId
    this.#generations.set(memberId, generationId)
    const assignments =
      leader !== memberId
        ? []
        : members.map((other) => ({ memberId: other.memberId, assignment: Buffer.alloc(100, 1) }))
    const request = { groupId, generationId, memberId, groupInstanceId: null, assignments }
    const protocol = { protocolType: 'consumer', protocolName: 'range' }
    const options = { timeoutMs: patienceMs }
    const synced = await connection.request('SyncGroup', 5, { ...request, ...protocol }, options)
    return synced.errorCode
  }

  async #joined(member: Member, connection: ClientConnection, metadata: string) {
    const { groupId } = member
    for (;;) {
      const request = {
        groupId,
        sessionTimeoutMs: 60_000,
        rebalanceTimeoutMs: 60_000,
        memberId: member.memberId,
        groupInstanceId: null,
        protocolType: 'consumer',
        protocols: [{ name: 'range', metadata: Buffer.from(metadata.padEnd(100)) }],
      }
      const options = { timeoutMs: patienceMs }
      const answer = await connection.request('JoinGroup', 5, request, options)
      if (answer.errorCode === errorCodes.NONE) return answer
      if (answer.errorCode === errorCodes.MEMBER_ID_REQUIRED) member.memberId = answer.memberId
      else if (passing.has(answer.errorCode)) this.retries++
      else throw new Error(`JoinGroup was answered ${answer.errorCode}`)
    }
  }

  async #each(run: (member: Member, connection: ClientConnection) => Promise<void>): Promise<void> {
    const all = this.#groups.flatMap((members, group) =>
      members.map((member) => {
        const block = this.#connections[Math.floor(group / groupsAConnection)]
        return run(member, block?.[member.index] as ClientConnection)
      }),
    )
    await Promise.all(all)
  }
}
