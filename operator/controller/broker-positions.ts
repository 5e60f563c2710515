import {
  compareHistory,
  epochBefore,
  epochText,
  type MetadataPosition,
  type MetadataState,
} from '../../broker/metadata/position.ts'
import { KafkaError } from '../../broker/protocol/errors.ts'
import type { Clock, Timer } from '../../lib/clock.ts'
import { Confirmations } from './confirmations.ts'
import type { MetadataWriter } from './metadata-writer.ts'

export type BrokerPositionsOptions = {
  readonly writer: MetadataWriter
  readonly clock: Clock
  readonly log: (message: string) => void
  readonly onFatal: (error: unknown) => void
}

/**
 * Judges what brokers say of where they are in the metadata log. They were told only what was there
 * for ever, so one that knows what is not there was told by a later controller, or the log went back.
 * Either way this one is not to decide any more (safety rules, cases 7 and 9).
 */
export class BrokerPositions {
  readonly #options: BrokerPositionsOptions
  #missing: Confirmations | undefined
  #timer: Timer | undefined

  constructor(options: BrokerPositionsOptions) {
    this.#options = options
  }

  /** Holds all decisions until these have said where they are, or were silent for a session. */
  expect(brokerIds: readonly number[], { sessionTimeoutMs }: { sessionTimeoutMs: number }): void {
    if (brokerIds.length === 0) return
    const { writer, clock } = this.#options
    writer.hold()
    this.#missing = new Confirmations(brokerIds, { nowMs: clock.monotonicMs(), sessionTimeoutMs })
    this.#setTimer(this.#missing)
  }

  /**
   * A broker said where it is. Null: it does not know how to, and confirms nothing.
   *
   * @throws {KafkaError} NOT_CONTROLLER: not in this log, and nothing more is decided.
   */
  heard(brokerId: number, position: MetadataPosition | null): void {
    if (position === null) return
    const { writer, onFatal } = this.#options
    if (compareHistory(writer.committed, position) === 'diverged') {
      const why = divergence(brokerId, position, writer.committed)
      writer.doubt(position, why).catch(onFatal)
      throw new KafkaError('NOT_CONTROLLER', why)
    }
    const missing = this.#missing
    missing?.confirm(brokerId)
    if (missing?.isComplete === true) this.#release()
  }

  close(): void {
    this.#timer?.cancel()
  }

  #setTimer(missing: Confirmations): void {
    const { clock } = this.#options
    const delayMs = Math.max(0, missing.deadlineMs - clock.monotonicMs())
    this.#timer = clock.timer(delayMs, () => this.#look(missing))
  }

  #look(missing: Confirmations): void {
    const { clock, log } = this.#options
    const silent = missing.giveUp(clock.monotonicMs())
    if (!missing.isComplete) return this.#setTimer(missing)
    const who = `broker ${silent.join(', ')}`
    log(`nothing was heard of ${who} since this controller took over: it decides without`)
    this.#release()
  }

  #release(): void {
    this.#timer?.cancel()
    this.#missing = undefined
    this.#options.writer.release()
  }
}

/** In words for who has to do something about it, if no other controller took over. */
function divergence(brokerId: number, position: MetadataPosition, state: MetadataState): string {
  const { offset } = position
  const isBehind = offset > state.offset
  const has = isBehind
    ? `ends at offset ${state.offset} in epoch ${epochText(state.image.controller)}`
    : `has epoch ${epochText(epochBefore(state.image, offset) ?? state.image.controller)} there`
  return (
    `broker ${brokerId} knows the metadata log up to offset ${offset} in epoch ${epochText(position)}, but ` +
    `the log ${has}: it was restored from a backup, or the disk of broker ${brokerId} is of another ` +
    'history. Nothing is decided any more, brokers serve on: see kavka recover'
  )
}
