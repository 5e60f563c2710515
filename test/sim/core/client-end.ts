import { type Address, NetworkError, textOf } from '../../../broker/net/network-error.ts'
import type { Timer } from '../../../lib/clock.ts'
import { copyOf } from './body.ts'
import type { Incarnation } from './incarnation.ts'
import type { Link } from './link.ts'
import type { Connection } from './transport.ts'

type Pending = {
  readonly resolve: (body: unknown) => void
  readonly reject: (reason: NetworkError) => void
  timer: Timer | undefined
}

/** The end of a connection that dialled. */
export class ClientEnd implements Connection {
  readonly remote: Address
  readonly closed: Promise<NetworkError>
  /** @throws {NetworkError} */
  readonly opened: Promise<Connection>
  readonly #node: Incarnation
  readonly #link: Link
  readonly #requestTimeoutMs: number
  readonly #resolveClosed: (reason: NetworkError) => void
  readonly #opening: PromiseWithResolvers<Connection>
  readonly #connectTimer: Timer
  #pending: Pending[] = []
  #reason: NetworkError | undefined

  constructor({
    node,
    remote,
    link,
    connectTimeoutMs,
    requestTimeoutMs,
  }: {
    node: Incarnation
    remote: Address
    link: Link
    connectTimeoutMs: number
    requestTimeoutMs: number
  }) {
    this.remote = remote
    this.#node = node
    this.#link = link
    this.#requestTimeoutMs = requestTimeoutMs
    const { promise, resolve } = Promise.withResolvers<NetworkError>()
    this.closed = promise
    this.#resolveClosed = resolve
    this.#opening = Promise.withResolvers()
    this.opened = this.#opening.promise
    this.#connectTimer = node.clock.timer(connectTimeoutMs, () =>
      this.#hangUp('ETIMEDOUT', `no connection in ${connectTimeoutMs} ms`),
    )
  }

  get requestsInFlight(): number {
    return this.#pending.length
  }

  async request(
    name: string,
    body: unknown,
    { timeoutMs = this.#requestTimeoutMs }: { timeoutMs?: number } = {},
  ): Promise<unknown> {
    if (!this.#node.gate.begins()) return new Promise(() => {})
    if (this.#reason !== undefined) throw this.#reason
    const sent = copyOf(body)
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    const pending: Pending = { resolve, reject, timer: undefined }
    this.#pending.push(pending)
    this.#link.request(name, sent)
    // Behind it, since it is a call at which the node may crash.
    pending.timer = this.#node.clock.timer(timeoutMs, () =>
      this.#hangUp('ETIMEDOUT', `no answer to ${name} in ${timeoutMs} ms`),
    )
    return promise
  }

  close(): void {
    if (this.#node.gate.begins()) this.#hangUp('ECLOSED', 'closed by us')
  }

  // What comes in from the link.

  accepted(): void {
    this.#node.gate.enter(() => {
      this.#connectTimer.cancel()
      this.#opening.resolve(this)
    })
  }

  answered(body: unknown): void {
    this.#node.gate.enter(() => {
      const pending = this.#pending.shift()
      pending?.timer?.cancel()
      pending?.resolve(body)
    })
  }

  ended(code: string, why: string): void {
    this.#node.gate.enter(() => this.#end(code, why))
  }

  #hangUp(code: string, why: string): void {
    if (this.#reason === undefined) this.#link.clientClosed()
    this.#end(code, why)
  }

  #end(code: string, why: string): void {
    if (this.#reason !== undefined) return
    const reason = withoutStack(() => new NetworkError(code, `${textOf(this.remote)}: ${why}`))
    this.#reason = reason
    this.#connectTimer.cancel()
    this.#opening.reject(reason) // nothing, where it was opened
    const pending = this.#pending
    this.#pending = []
    for (const { timer, reject } of pending) {
      timer?.cancel()
      reject(reason)
    }
    this.#resolveClosed(reason)
    this.#link.forget(this.#node)
  }
}

/** Its stack would lead into the simulator only, and cost a tenth of a run. */
function withoutStack(make: () => NetworkError): NetworkError {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 0
  const made = make()
  Error.stackTraceLimit = limit
  return made
}
