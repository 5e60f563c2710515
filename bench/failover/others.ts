import { setTimeout as sleep } from 'node:timers/promises'
import { buildBatch } from '../../broker/protocol/records/build.ts'
import { type Addresses, asked } from './partition.ts'
import { monotonicMs } from './until.ts'

export type OthersOptions = {
  readonly count: number
  /** Of each. */
  readonly replicas: number
  /** All are led by the broker that is hurt, as the measured one is; else by brokers in turn. */
  readonly areLedByOne: boolean
}

/**
 * Partitions beside the measured one, of which each has a replica wherever that has one, and a record, so
 * that there are files of it. Nobody writes to them any more.
 */
export class Others {
  readonly #addresses: Addresses
  readonly #topics: string[] = []

  private constructor(addresses: Addresses) {
    this.#addresses = addresses
  }

  /** @throws If they are not all made and written to. */
  static async create(addresses: Addresses, options: OthersOptions): Promise<Others> {
    const others = new Others(addresses)
    for (let left = options.count; left > 0; left -= partitionsOfTopic) {
      const topic = `others-${others.#topics.length}`
      await others.#make(topic, { ...options, count: Math.min(left, partitionsOfTopic) })
      others.#topics.push(topic)
    }
    const leaders = await others.settled()
    for (const topic of others.#topics) await others.#write(topic, leaders.get(topic) ?? [])
    return others
  }

  /**
   * Waits until all replicas of all are in sync.
   *
   * @returns Who leads them, by topic and partition.
   */
  async settled(): Promise<ReadonlyMap<string, readonly number[]>> {
    const leaders = new Map<string, readonly number[]>()
    const endMs = monotonicMs() + patienceMs
    for (let left = this.#topics; left.length > 0; ) {
      for (const { name, partitions } of await this.#ask(left)) {
        const areWhole = partitions.every(({ leaderId, isrNodes, replicaNodes }) => {
          return leaderId >= 0 && isrNodes.length === replicaNodes.length
        })
        const byIndex = partitions.toSorted((a, b) => a.partitionIndex - b.partitionIndex)
        const ids = byIndex.map(({ leaderId }) => leaderId)
        if (areWhole && name !== null && ids.length > 0) leaders.set(name, ids)
      }
      left = left.filter((topic) => !leaders.has(topic))
      if (left.length === 0) break
      if (monotonicMs() > endMs) throw new Error(`not in sync: ${left.length} topics`)
      await sleep(askAgainMs)
    }
    return leaders
  }

  async #ask(topics: readonly string[]) {
    const [address] = (await this.#addresses()).values()
    if (address === undefined) return []
    const answer = await asked(address, (connection) => {
      return connection.request('Metadata', 8, { topics: topics.map((name) => ({ name })) })
    })
    return answer?.topics ?? []
  }

  async #make(name: string, { count, replicas, areLedByOne }: OthersOptions): Promise<void> {
    const ids = [...(await this.#addresses()).keys()]
    const own = areLedByOne
      ? {
          numPartitions: -1,
          replicationFactor: -1,
          assignments: Array.from({ length: count }, (_, partitionIndex) => {
            return { partitionIndex, brokerIds: ids.slice(0, replicas) }
          }),
        }
      : { numPartitions: count, replicationFactor: replicas, assignments: [] }
    const configs = [{ name: 'min.insync.replicas', value: `${Math.min(2, replicas)}` }]
    const [address] = (await this.#addresses()).values()
    if (address === undefined) throw new Error('there is no broker')
    const answer = await asked(address, (connection) => {
      const topics = [{ name, ...own, configs }]
      return connection.request('CreateTopics', 5, { topics, timeoutMs: 10_000 })
    })
    const [made] = answer?.topics ?? []
    if (made?.errorCode === 0) return
    throw new Error(`topic ${name} is not made: ${made?.errorMessage ?? 'no answer'}`)
  }

  async #write(name: string, leaders: readonly number[]): Promise<void> {
    const value = new TextEncoder().encode('one of many')
    const records = buildBatch({ records: [{ timestamp: Date.now(), key: null, value }] })
    const byLeader = Map.groupBy(leaders.keys(), (index) => leaders[index] as number)
    for (const [leader, indexes] of byLeader) {
      const address = (await this.#addresses()).get(leader)
      if (address === undefined) throw new Error(`there is no broker ${leader}`)
      const answer = await asked(address, (connection) => {
        const partitionData = indexes.map((index) => ({ index, records: new Uint8Array(records) }))
        const body = { acks: -1, timeoutMs: 10_000, topicData: [{ name, partitionData }] }
        return connection.request('Produce', 9, { transactionalId: null, ...body })
      })
      const written = answer?.responses[0]?.partitionResponses ?? []
      if (written.length === indexes.length && written.every(({ errorCode }) => errorCode === 0)) {
        continue
      }
      const codes = new Set(written.map(({ errorCode }) => errorCode))
      throw new Error(`topic ${name} is not written to: ${[...codes].join() || 'no answer'}`)
    }
  }
}

const partitionsOfTopic = 100
const askAgainMs = 500
const patienceMs = 180_000
