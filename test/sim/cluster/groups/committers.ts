import { NetworkError } from '../../../../broker/net/network-error.ts'
import { sleep } from '../../../../lib/clock.ts'
import type { Incarnation } from '../../core/incarnation.ts'
import type { Connection, Transport } from '../../core/transport.ts'
import { dataPort } from '../data-node.ts'
import type { CommitAnswer, CommitRequest, FetchOffsetAnswer } from './group-node.ts'
import type { GroupObserver } from './group-observer.ts'

export type CommittersOptions = {
  readonly transport: Transport
  readonly hosts: readonly string[]
  /** Whose offsets are committed. */
  readonly topic: string
  readonly observer: GroupObserver
}

type Group = {
  readonly name: string
  /** That was committed last, or is about to be. */
  offset: number
  /** How many commits there are to be made. */
  waiting: number
  isBusy: boolean
  /** The place of the broker that seems to coordinate it. */
  at: number
}

/**
 * Consumers of a few groups, which assign themselves their partition. Each commits one rising offset
 * after the other, each until it is acknowledged; meanwhile, and once after it, somebody asks this and
 * that broker how far the group is.
 */
export class Committers {
  readonly #node: Incarnation
  readonly #options: CommittersOptions
  readonly #connections = new Map<string, Promise<Connection>>()
  readonly #groups: readonly Group[] = ['a', 'b', 'c'].map((name) => {
    return { name, offset: 0, waiting: 0, isBusy: false, at: 0 }
  })
  #attempts = 0
  #pending = 0
  /** What came about, by its name. */
  readonly counts = { committed: 0, offsetsTold: 0 }

  constructor(node: Incarnation, options: CommittersOptions) {
    this.#node = node
    this.#options = options
  }

  /** How many commits are under way. */
  get pending(): number {
    return this.#pending
  }

  /** One more. @param which Group, of those that there are. */
  commit(which: number): void {
    const group = this.#groups[which % this.#groups.length] as Group
    group.waiting++
    this.#pending++
    if (group.isBusy) return
    group.isBusy = true
    this.#node.start(async () => {
      await Promise.all([this.#commitAll(group), this.#lookOn(group)])
    })
  }

  async #commitAll(group: Group): Promise<void> {
    for (; group.waiting > 0; group.waiting--) {
      group.offset++
      while (!(await this.#attempt(group))) await sleep(this.#node.clock, 200)
      this.#pending--
      this.counts.committed++
    }
    group.isBusy = false
  }

  /** @returns Whether it is acknowledged. */
  async #attempt(group: Group): Promise<boolean> {
    const { hosts, topic, observer } = this.#options
    const host = hosts[group.at % hosts.length] as string
    const attempt = `${++this.#attempts}`
    const request: CommitRequest = { group: group.name, topic, offset: group.offset, attempt }
    const answer = await this.#ask(host, 'offsetCommit', request)
    if (answer !== undefined && answer.error === undefined) {
      observer.acknowledged(group.name, attempt, answer.leaderEpoch)
      return true
    }
    if (answer?.error !== 'COORDINATOR_LOAD_IN_PROGRESS') group.at++
    return false
  }

  async #lookOn(group: Group): Promise<void> {
    const random = this.#node.random(`asks for ${group.name}`)
    do {
      await sleep(this.#node.clock, 20 + random.below(600))
      const { length } = this.#options.hosts
      await this.#fetch(group, random.below(2) === 0 ? group.at : random.below(length))
    } while (group.isBusy)
  }

  async #fetch({ name: group }: Group, at: number): Promise<void> {
    const { hosts, topic, observer } = this.#options
    const host = hosts[at % hosts.length] as string
    const asked = observer.asks(group)
    const answer = await this.#ask(host, 'offsetFetch', { group, topic })
    if (answer === undefined || answer.error !== undefined) return
    this.counts.offsetsTold++
    observer.answered(asked, answer as FetchOffsetAnswer)
  }

  /** Fetches do not wait behind commits. @returns Undefined where there is no answer. */
  async #ask(host: string, name: string, body: object): Promise<CommitAnswer | undefined> {
    const { transport } = this.#options
    const key = `${host} ${name}`
    const known = this.#connections.get(key)
    const dialled = known ?? transport.connect({ host, port: dataPort })
    this.#connections.set(key, dialled)
    try {
      const connection = await dialled
      return (await connection.request(name, body, { timeoutMs: 3_000 })) as CommitAnswer
    } catch (error) {
      if (!(error instanceof NetworkError)) throw error
      if (this.#connections.get(key) === dialled) this.#connections.delete(key)
      return undefined
    }
  }
}
