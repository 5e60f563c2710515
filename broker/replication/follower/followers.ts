import type { Clock } from '../../../lib/clock.ts'
import type { Logger } from '../../../lib/logger.ts'
import type { Random } from '../../../lib/random.ts'
import type { MetadataImage } from '../../metadata/image.ts'
import { type Address, NetworkError } from '../../net/network-error.ts'
import type { Partition } from '../../partition/partition.ts'
import { Followed, type FollowedOptions } from './followed.ts'
import { type LeaderConnection, LeaderFetcher } from './leader-fetcher.ts'

export type FollowersOptions = {
  readonly brokerId: number
  readonly brokerEpoch: () => number
  readonly image: () => MetadataImage
  /** @throws {NetworkError} */
  readonly dial: (address: Address) => Promise<LeaderConnection>
  readonly setAside: (partition: Partition) => void
  readonly suspects: {
    /** Its connection was reset while its answer was awaited. */
    suspect(leader: number): void
    /** It has answered. */
    trust(leader: number): void
  }
  readonly clock: Clock
  readonly random: Random
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>
  readonly onFatal: (error: unknown) => void
}

/** All partitions that this broker follows, by who leads them. */
export class Followers {
  readonly #options: FollowersOptions
  readonly #fetchers = new Map<number, LeaderFetcher>()
  readonly #followed = new Map<Partition, { leader: number; leaderEpoch: number }>()
  readonly #how: FollowedOptions

  constructor(options: FollowersOptions) {
    const { clock, log, setAside } = options
    this.#options = options
    this.#how = {
      nowMs: () => clock.nowMs(),
      report({ topic, partition }, reason) {
        log.error('a log differs from that of its leader', { topic, partition, reason })
      },
      setAside,
    }
  }

  /** Partitions that are followed. */
  get count(): number {
    return this.#followed.size
  }

  /** It may have another role now, or the same in another leader epoch. */
  see(partition: Partition): void {
    const { leader, leaderEpoch } = partition.role
    const before = this.#followed.get(partition)
    if (before?.leader === leader && before?.leaderEpoch === leaderEpoch) return
    if (before !== undefined && before.leader !== leader) {
      this.#fetchers.get(before.leader)?.remove(partition)
    }
    if (leader === undefined) {
      this.#followed.delete(partition)
      return
    }
    this.#followed.set(partition, { leader, leaderEpoch })
    this.#fetcherOf(leader).add(new Followed(partition, this.#how))
  }

  async stop(): Promise<void> {
    const fetchers = [...this.#fetchers.values()]
    this.#fetchers.clear()
    this.#followed.clear()
    await Promise.all(fetchers.map((fetcher) => fetcher.stop()))
  }

  #fetcherOf(leader: number): LeaderFetcher {
    let fetcher = this.#fetchers.get(leader)
    if (fetcher !== undefined) return fetcher
    const { dial, log, suspects } = this.#options
    let said = ''
    fetcher = new LeaderFetcher({
      ...this.#options,
      dial: async () => dial(this.#addressOf(leader)),
      onReached(problem = '') {
        if (problem === said) return
        said = problem
        if (problem === '') log.info('follows a leader', { leader })
        else log.warn('a leader cannot be reached, dialling on', { leader, reason: problem })
      },
      onReset: () => suspects.suspect(leader),
      onServed: () => suspects.trust(leader),
    })
    this.#fetchers.set(leader, fetcher)
    return fetcher
  }

  /** @throws {NetworkError} */
  #addressOf(leader: number): Address {
    const endpoint = this.#options.image().brokers.get(leader)?.endpoints.get('internal')
    if (endpoint !== undefined) return endpoint
    throw new NetworkError('ENOTFOUND', `broker ${leader} is not registered`)
  }
}
