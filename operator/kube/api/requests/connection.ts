import { Agent, type Dispatcher, request } from 'undici'
import { type Clock, withDeadline } from '../../../../lib/clock.ts'
import type { ApiServer } from '../access/api-server.ts'
import type { RequestCounts } from '../metrics/request-counts.ts'
import { type Answer, failed, noAnswer, succeeded } from './answer.ts'
import { Dialler } from './dialler.ts'
import { failureOf } from './failure-of.ts'

export type ApiRequest = {
  /** In metrics, and as Kubernetes' own RBAC says it: `get`, `list`, `watch`, `patch`. */
  readonly verb: string
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  readonly path: string
  /** JSON. */
  readonly body?: string
  readonly contentType?: string
  readonly accept?: string
}

export type AskOptions = {
  readonly timeoutMs: number
  /**
   * Not to be sent over a connection that is made only now: the outcome is `unknown` then. Whoever
   * answers there may have gone back to an older state since its caller read it.
   */
  readonly overOpen?: boolean
}

export type ConnectionOptions = {
  readonly server: ApiServer
  readonly clock: Clock
  readonly counts: RequestCounts
  /** Of metrics. */
  readonly traffic: string
  /** So many requests at once; more wait for their turn. */
  readonly connections: number
  /** For a new one to be there. */
  readonly connectTimeoutMs: number
}

/**
 * The connections that one kind of traffic has for itself, so that it never waits behind another:
 * a Lease must be renewed while ten thousand statuses are written.
 */
export class Connection {
  readonly #options: ConnectionOptions
  readonly #agent: Agent
  readonly #dialler: Dialler
  #unknown = 0

  constructor(options: ConnectionOptions) {
    this.#options = options
    this.#dialler = new Dialler(options.server, options.connectTimeoutMs)
    this.#agent = new Agent({
      connections: options.connections,
      pipelining: 1,
      // All deadlines are the caller's.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: idleMs,
      connect: this.#dialler.connect,
    })
  }

  /** See `KubeClient`. */
  get interruptions(): number {
    return this.#unknown + this.#dialler.dialled
  }

  /** @returns The JSON that was answered. Nothing is tried twice. */
  ask<T>(asked: ApiRequest, { timeoutMs, overOpen = false }: AskOptions): Promise<Answer<T>> {
    const run = () => this.#ask<T>(asked, timeoutMs)
    return this.#counted(asked, overOpen ? () => this.#dialler.hold(run) : run)
  }

  /**
   * An answer that goes on for as long as its reader wants, who aborts it in the end.
   *
   * @param timeoutMs For the answer to begin.
   */
  async open(
    asked: ApiRequest,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<Answer<AsyncIterable<Uint8Array>>> {
    return this.#counted(asked, () => {
      return withDeadline(this.#options.clock, timeoutMs, async (deadline) => {
        const response = await this.#send(asked, AbortSignal.any([signal, deadline]))
        if (response.statusCode < 300) return succeeded(response.body)
        return failed(failureOfText(response, await response.body.text()))
      })
    })
  }

  /** Whatever is under way fails. */
  async close(): Promise<void> {
    await this.#agent.destroy()
  }

  #ask<T>(asked: ApiRequest, timeoutMs: number): Promise<Answer<T>> {
    return withDeadline(this.#options.clock, timeoutMs, async (signal) => {
      const response = await this.#send(asked, signal)
      const text = await response.body.text()
      if (response.statusCode >= 300) return failed(failureOfText(response, text))
      return succeeded(JSON.parse(text) as T)
    })
  }

  async #send(asked: ApiRequest, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    const { server } = this.#options
    const { method, path, body, contentType = 'application/json', accept = json } = asked
    const type = body === undefined ? {} : { 'content-type': contentType }
    const { headers } = await orAborted(server.credentials(), signal)
    return request(`${server.url}${path}`, {
      dispatcher: this.#agent,
      method,
      headers: { ...headers, accept, 'user-agent': 'kavka', ...type },
      body: body ?? null,
      signal,
    })
  }

  async #counted<T>({ verb }: ApiRequest, run: () => Promise<Answer<T>>): Promise<Answer<T>> {
    const { clock, counts, traffic } = this.#options
    const startMs = clock.monotonicMs()
    const answer = await answerOf(run)
    const result = answer.ok ? 'ok' : answer.failure.type
    if (result === 'unknown') this.#unknown++
    counts.add({ traffic, verb, result }, clock.monotonicMs() - startMs)
    return answer
  }
}

const json = 'application/json'
/** Less than the 90 s after which an API server closes an idle connection, perhaps while it is used again. */
const idleMs = 60_000

/** Whoever shows who asks may be a program that hangs. */
async function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted()
  const aborted = Promise.withResolvers<never>()
  const abort = () => aborted.reject(signal.reason)
  signal.addEventListener('abort', abort)
  try {
    return await Promise.race([promise, aborted.promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

async function answerOf<T>(run: () => Promise<Answer<T>>): Promise<Answer<T>> {
  try {
    return await run()
  } catch (error) {
    return failed(noAnswer(error))
  }
}

function failureOfText({ statusCode, headers }: Dispatcher.ResponseData, text: string) {
  const retryAfter = headers['retry-after']
  return failureOf(statusCode, parsed(text), retryAfter?.toString())
}

/** Problems of health, and those of proxies, are told as text. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return { message: text.trim().slice(0, 200) }
  }
}
