import { type Clock, sleep } from '../../../../lib/clock.ts'
import type { Logger } from '../../../../lib/logger.ts'
import type { Random } from '../../../../lib/random.ts'
import type { WatchCount } from '../metrics/watch-counts.ts'
import type { Failure } from '../requests/answer.ts'
import type { KubeClient, Selection } from '../requests/kube-client.ts'
import type { KubeObject } from '../requests/kube-object.ts'
import type { Kind } from '../requests/paths.ts'
import { Silence } from './silence.ts'
import { type WatchEvent, watchEvents } from './watch-events.ts'
import {
  delayMs,
  firstWatchState,
  nextWatchState,
  type StepResult,
  type WatchState,
} from './watch-state.ts'

/** What a watch tells, in order. */
export type Delivery<T> =
  /**
   * All objects there are. First of all, and again whenever it is not known what happened meanwhile:
   * one that is missing then may have been deleted, or the API server may have lost it.
   */
  | { readonly type: 'listed'; readonly objects: readonly T[] }
  /** One is there, or has changed. The same may be told again. */
  | { readonly type: 'applied'; readonly object: T }
  /**
   * One was seen to be deleted, on a watch that went on without a gap from when it was seen before.
   * Nothing else is a deletion. (With a selector it may only have ceased to match.) As it was last;
   * without a finalizer it has no deletionTimestamp.
   */
  | { readonly type: 'deleted'; readonly object: T }

export type WatchOptions<T> = {
  readonly kind: Kind
  readonly selection: Selection
  /** With a connection for this watch alone: it holds it. */
  readonly client: KubeClient
  /** Takes what is told at once, without waiting for anything. */
  readonly deliver: (delivery: Delivery<T>) => void
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly count: WatchCount
}

/**
 * Lists all objects of a kind and then hears of every change, for as long as it runs, whatever
 * happens to the API server and the way there. Objects come without `managedFields`, which is half of
 * them and of no use here.
 */
export class Watch<T extends KubeObject> {
  readonly #options: WatchOptions<T>
  readonly #stopped = new AbortController()
  #listed: T[] = []

  constructor(options: WatchOptions<T>) {
    this.#options = options
  }

  /** Settles once it is stopped. @throws What `deliver` throws. */
  async run(): Promise<void> {
    const { clock, random } = this.#options
    const { signal } = this.#stopped
    let state = firstWatchState
    for (;;) {
      await sleep(clock, delayMs(state, random), signal)
      if (signal.aborted) return
      const result = await this.#take(state)
      if (signal.aborted) return
      if (state.failures === 0) this.#logTrouble(result) // not each attempt of an outage
      state = nextWatchState(state, result)
    }
  }

  stop(): void {
    this.#stopped.abort()
  }

  #take(state: WatchState): Promise<StepResult> {
    switch (state.step) {
      case 'list':
        return this.#list(state.page)
      case 'watch':
        return this.#watch(state.version)
      case 'probe':
        return this.#probe()
    }
  }

  async #list(page: string | undefined): Promise<StepResult> {
    const { client, kind, selection, deliver, count } = this.#options
    const answer = await client.listPage<T>(kind, selection, page)
    if (!answer.ok) return { type: 'failed', failure: answer.failure }
    if (this.#stopped.signal.aborted) return { type: 'listed', ...answer.value }
    if (page === undefined) this.#listed = []
    const { items, next } = answer.value
    this.#listed.push(...items.map(withoutManagedFields))
    if (next === undefined) {
      count.lists++
      deliver({ type: 'listed', objects: this.#listed })
      this.#listed = []
    }
    return { type: 'listed', ...answer.value }
  }

  async #probe(): Promise<StepResult> {
    const { client, kind, selection } = this.#options
    const answer = await client.listPage(kind, selection, undefined, { limit: 1 })
    if (!answer.ok) return { type: 'failed', failure: answer.failure }
    return { type: 'probed', version: answer.value.version }
  }

  async #watch(from: string): Promise<StepResult> {
    const { client, kind, selection, clock, count } = this.#options
    const silence = new Silence(clock)
    const signal = AbortSignal.any([this.#stopped.signal, silence.signal])
    try {
      count.connects++
      const answer = await client.watch(kind, selection, from, signal)
      const { version, failure } = answer.ok
        ? await this.#follow(
            pieces(answer.value, () => silence.breakIt()),
            from,
          )
        : { version: from, failure: answer.failure }
      const end = silence.signal.aborted ? 'silent' : (failure ?? 'closed')
      return { type: 'watched', version, heard: silence.wasBroken, end }
    } finally {
      silence.end()
    }
  }

  /** Tells what is heard, until it ends. @returns How far it came. */
  async #follow(
    chunks: AsyncIterable<Uint8Array>,
    from: string,
  ): Promise<{ version: string; failure?: Failure | undefined }> {
    const { count } = this.#options
    let version = from
    count.open++
    try {
      for await (const event of watchEvents<T>(chunks)) {
        if (event.type === 'END') return { version, failure: event.failure }
        if (this.#stopped.signal.aborted) break
        this.#tell(event)
        version = event.object.metadata.resourceVersion
      }
      return { version }
    } finally {
      count.open--
    }
  }

  #tell({ type, object }: Exclude<WatchEvent<T>, { type: 'END' }>): void {
    if (type === 'BOOKMARK') return
    this.#options.count.events++
    withoutManagedFields(object)
    this.#options.deliver({ type: type === 'DELETED' ? 'deleted' : 'applied', object })
  }

  #logTrouble(result: StepResult): void {
    const failure = failureIn(result)
    if (failure === undefined) return
    const { kind, logger } = this.#options
    const { type, status, message } = failure
    logger.warn('a watch was interrupted', { kind: kind.kind, failure: type, status, why: message })
  }
}

function failureIn(result: StepResult): Failure | undefined {
  if (result.type === 'failed') return result.failure
  return result.type === 'watched' && typeof result.end === 'object' ? result.end : undefined
}

async function* pieces(
  chunks: AsyncIterable<Uint8Array>,
  heard: () => void,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    heard()
    yield chunk
  }
}

/** In place: it was parsed for us alone. */
function withoutManagedFields<T extends KubeObject>(object: T): T {
  delete (object.metadata as { managedFields?: unknown }).managedFields
  return object
}
