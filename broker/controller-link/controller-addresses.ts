import type { Clock } from '../../lib/clock.ts'
import { isAddress } from '../../lib/lookup-all.ts'
import { type Address, networkError } from '../net/network-error.ts'

/** All addresses of a name. @throws What Node says: ENOTFOUND, EAI_AGAIN. */
export type Lookup = (host: string) => Promise<readonly string[]>

type Known = { readonly hosts: readonly string[]; readonly atMs: number }

/**
 * Where controllers may be. A name stands for as many as there are, on Kubernetes one for each replica
 * of the operator, and for others later.
 */
export class ControllerAddresses {
  readonly #given: readonly Address[]
  readonly #lookup: Lookup
  readonly #clock: Clock
  readonly #known = new Map<string, Known>()

  constructor(given: readonly Address[], { lookup, clock }: { lookup: Lookup; clock: Clock }) {
    this.#given = given
    this.#lookup = lookup
    this.#clock = clock
  }

  /** Whether there is one, and never another. */
  get isOne(): boolean {
    return this.#given.length === 1 && this.#given.every(({ host }) => isAddress(host))
  }

  /**
   * @param maxAgeMs Names that were looked up since are not asked for again.
   * @throws {NetworkError} ENOTFOUND, where a name has never had an address. One that had keeps it
   *   while nobody knows better.
   */
  async now(maxAgeMs: number): Promise<readonly Address[]> {
    const found = this.#given.map(async (address) => {
      const hosts = await this.#hostsOf(address, maxAgeMs)
      return hosts.map((host) => ({ host, port: address.port }))
    })
    return (await Promise.all(found)).flat()
  }

  async #hostsOf(address: Address, maxAgeMs: number): Promise<readonly string[]> {
    const { host } = address
    if (isAddress(host)) return [host]
    const known = this.#known.get(host)
    const nowMs = this.#clock.monotonicMs()
    if (known !== undefined && nowMs - known.atMs <= maxAgeMs) return known.hosts
    try {
      const hosts = await this.#lookup(host)
      this.#known.set(host, { hosts, atMs: nowMs })
      return hosts
    } catch (error) {
      if (known === undefined) throw networkError('find', address, error)
      return known.hosts
    }
  }
}
