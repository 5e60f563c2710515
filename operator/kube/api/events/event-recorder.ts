import { type Clock, microTime } from '../../../../lib/clock.ts'
import type { Logger } from '../../../../lib/logger.ts'
import type { Failure } from '../requests/answer.ts'
import type { KubeClient } from '../requests/kube-client.ts'
import { eventKind, eventObject, type Happening } from './event-object.ts'
import { Repeats } from './repeats.ts'

export type EventRecorderOptions = {
  readonly client: KubeClient
  /** Which of several replicas this is. */
  readonly instance: string
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * Tells what happens as Events. They are for people and may be lost: nobody waits for one, and with
 * an API server that does not answer they do not pile up.
 */
export class EventRecorder {
  readonly #options: EventRecorderOptions
  readonly #repeats = new Repeats()
  readonly #underWay = new Set<Promise<void>>()

  constructor(options: EventRecorderOptions) {
    this.#options = options
  }

  record(happening: Happening): void {
    if (this.#underWay.size >= mostUnderWay) {
      this.#lost(happening, 'too many are under way')
      return
    }
    const telling = this.#tell(happening).finally(() => this.#underWay.delete(telling))
    this.#underWay.add(telling)
  }

  /** Settles once all that was recorded is told, or lost. */
  async settled(): Promise<void> {
    await Promise.all(this.#underWay)
  }

  async #tell(happening: Happening): Promise<void> {
    const { client, instance, clock } = this.#options
    const decision = this.#repeats.decide(happening, clock.monotonicMs())
    if (decision.type === 'nothing') return
    const nowMs = clock.nowMs()
    const event = eventObject(happening, { instance, nowMs })
    const { namespace } = event.metadata
    if (decision.type === 'count') {
      const { name, count } = decision
      const series = { count, lastObservedTime: microTime(nowMs) }
      const answer = await client.mergePatch(eventKind, { namespace, name }, { series })
      if (!answer.ok) this.#failed(happening, answer.failure)
      return
    }
    const answer = await client.create(eventKind, namespace, event)
    if (answer.ok) this.#repeats.created(happening, answer.value.metadata.name)
    else this.#failed(happening, answer.failure)
  }

  #failed(happening: Happening, { message }: Failure): void {
    this.#repeats.forget(happening)
    this.#lost(happening, message)
  }

  #lost({ regarding, reason, note }: Happening, why: string): void {
    const { kind, metadata } = regarding
    const { namespace, name } = metadata
    this.#options.logger.warn('an event was lost', { kind, namespace, name, reason, note, why })
  }
}

const mostUnderWay = 64
