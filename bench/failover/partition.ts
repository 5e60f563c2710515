import type { ClientConnection } from '../../broker/net/client-connection.ts'
import { connect } from '../../broker/net/connect.ts'
import { type Address, NetworkError } from '../../broker/net/network-error.ts'
import { realClock } from '../../lib/clock.ts'
import { monotonicMs, until } from './until.ts'

/** Where each broker listens now, by its id. */
export type Addresses = () => ReadonlyMap<number, Address> | Promise<ReadonlyMap<number, Address>>

/** The one partition that is written to, as the brokers tell it in Metadata. */
export class Partition {
  readonly topic: string
  readonly #replicas: number
  readonly #addresses: Addresses

  private constructor(addresses: Addresses, topic: string, replicas: number) {
    this.#addresses = addresses
    this.topic = topic
    this.#replicas = replicas
  }

  /**
   * Makes a topic for it, where writes need two replicas in sync if there are so many.
   *
   * @param on How many replicas it has, or the brokers that have one, of which the first leads.
   */
  static async create(
    addresses: Addresses,
    topic: string,
    on: number | readonly number[],
  ): Promise<Partition> {
    const replicas = typeof on === 'number' ? on : on.length
    const configs = [{ name: 'min.insync.replicas', value: `${Math.min(2, replicas)}` }]
    const own =
      typeof on === 'number'
        ? { numPartitions: 1, replicationFactor: on, assignments: [] }
        : {
            numPartitions: -1,
            replicationFactor: -1,
            assignments: [{ partitionIndex: 0, brokerIds: on }],
          }
    let refusal: string | null | undefined
    const isMade = async () => {
      const [address] = (await addresses()).values()
      const answer = await asked(address as Address, (connection) => {
        const topics = [{ name: topic, ...own, configs }]
        return connection.request('CreateTopics', 5, { topics, timeoutMs: 5_000 })
      })
      refusal = answer?.topics[0]?.errorMessage
      return answer?.topics[0]?.errorCode === 0 || undefined
    }
    // A cluster that has just started may not know all of its brokers yet.
    if ((await until(isMade, { patienceMs: 30_000, everyMs: 200 })) === undefined) {
      throw new Error(`topic ${topic} is not made: ${refusal ?? 'no answer'}`)
    }
    return new Partition(addresses, topic, replicas)
  }

  /**
   * Waits until all brokers know the same leader with all replicas in sync, and have done so for a while.
   *
   * @returns The id of the leader.
   */
  async settled(): Promise<number> {
    let seen: View[] = []
    let sinceMs: number | undefined
    const isSteady = async () => {
      seen = await this.#views()
      const leader = seen[0]?.leader
      const isWhole = seen.every((view) => {
        return view.leader === leader && view.isr.length === this.#replicas
      })
      if (!isWhole || leader === undefined || leader < 0) sinceMs = undefined
      else sinceMs ??= monotonicMs()
      return sinceMs !== undefined && monotonicMs() - sinceMs > steadyMs ? leader : undefined
    }
    const leader = await until(isSteady, { patienceMs, everyMs: 100 })
    if (leader === undefined) throw new Error(`not settled: ${JSON.stringify(seen)}`)
    return leader
  }

  /** What each broker tells, by its id. */
  async #views(): Promise<View[]> {
    const views = [...(await this.#addresses())].map(async ([brokerId, address]) => {
      const metadata = await asked(address, (connection) => {
        return connection.request('Metadata', 8, { topics: [{ name: this.topic }] })
      })
      const partition = metadata?.topics[0]?.partitions[0]
      const { leaderId: leader, isrNodes: isr } = partition ?? { leaderId: -1, isrNodes: [] }
      return { brokerId, leader, isr }
    })
    return Promise.all(views)
  }
}

type View = { readonly brokerId: number; readonly leader: number; readonly isr: readonly number[] }

/** @returns Undefined where the broker is not there, or does not answer. */
export async function asked<T>(
  address: Address,
  ask: (connection: ClientConnection) => Promise<T>,
): Promise<T | undefined> {
  let connection: ClientConnection | undefined
  try {
    const own = { clock: realClock, clientId: 'bench', connectTimeoutMs: 2_000 }
    connection = await connect({ ...address, ...own, requestTimeoutMs: 2_000 })
    return await ask(connection)
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error
    return undefined
  } finally {
    connection?.close()
  }
}

const steadyMs = 1_000
const patienceMs = 120_000
