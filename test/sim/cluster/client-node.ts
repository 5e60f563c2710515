import { NetworkError } from '../../../broker/net/network-error.ts'
import { sleep } from '../../../lib/clock.ts'
import { Violation } from '../core/failure.ts'
import type { Incarnation } from '../core/incarnation.ts'
import type { Connection, Transport } from '../core/transport.ts'
import { dataPort } from './data-node.ts'
import type { Produced } from './replica.ts'
import type { Sent } from './replica-disk.ts'

export type ProducerOptions = {
  readonly transport: Transport
  readonly hosts: readonly string[]
  readonly topic: string
  /** Never the same twice. */
  readonly newProducerId: () => number
  /** Known to be kept. */
  readonly onAcknowledged: (value: string) => void
  /** In the store. */
  readonly isLedBy: (host: string) => boolean
  /** Whether what was acknowledged may be gone: then sequence numbers begin anew. */
  readonly mayHaveLost: () => boolean
}

/**
 * Producers with acks=all, of one topic. They do not know who leads, and find out by trying. One is
 * idempotent: it sends one record after the other, each until it is acknowledged. Beside it records
 * are sent that have no sequence numbers, all at once.
 */
export class Producers {
  readonly #node: Incarnation
  readonly #options: ProducerOptions
  readonly #connections = new Map<string, Promise<Connection>>()
  readonly #queue: number[] = []
  #isSending = false
  #producerId: number
  #sequence = 0
  #asked = 0
  #pending = 0

  constructor(node: Incarnation, options: ProducerOptions) {
    this.#node = node
    this.#options = options
    this.#producerId = options.newProducerId()
  }

  /** How many records there were to be sent. */
  get asked(): number {
    return this.#asked
  }

  /** How many of them are under way. */
  get pending(): number {
    return this.#pending
  }

  /** Sends one record. @param first The place of the broker to try first. */
  produce(first: number): void {
    const number = this.#asked++
    this.#pending++
    if (number % 2 === 0) {
      this.#node.start(() => this.#sendPlain(number, first))
      return
    }
    this.#queue.push(number)
    if (!this.#isSending) this.#node.start(() => this.#sendInOrder(first))
  }

  async #sendPlain(number: number, first: number): Promise<void> {
    for (let attempt = 0; attempt < mostAttempts; attempt++) {
      // Another value each time: what was not acknowledged may be there all the same.
      const value = `${number}.${attempt}`
      const sent = { value, producerId: -1, sequence: -1 }
      if (await this.#attempt(sent, first + attempt)) break
    }
    this.#pending--
  }

  async #sendInOrder(first: number): Promise<void> {
    this.#isSending = true
    for (let number = this.#queue.shift(); number !== undefined; number = this.#queue.shift()) {
      const value = `${number}`
      for (let at = first; ; at++) {
        const sent = { value, producerId: this.#producerId, sequence: this.#sequence }
        if (await this.#attempt(sent, at)) break
      }
      this.#sequence++
      this.#pending--
    }
    this.#isSending = false
  }

  /** @returns Whether it is acknowledged. */
  async #attempt(sent: Sent, at: number): Promise<boolean> {
    const { hosts, onAcknowledged, isLedBy } = this.#options
    const host = hosts[at % hosts.length] as string
    const wasLed = isLedBy(host)
    const produced = await this.#send(host, sent)
    if (produced === 'done') {
      onAcknowledged(sent.value)
      return true
    }
    // Who was deposed and has not heard of it yet lacks what others took since.
    const isNews = wasLed && isLedBy(host)
    if (produced === 'OUT_OF_ORDER_SEQUENCE_NUMBER' && isNews) this.#beginAnew(sent)
    await sleep(this.#node.clock, 100)
    return false
  }

  #beginAnew({ producerId, sequence }: Sent): void {
    if (!this.#options.mayHaveLost()) {
      throw new Violation('SequenceBroken', `producer ${producerId}, ${sequence} out of order`)
    }
    this.#producerId = this.#options.newProducerId()
    this.#sequence = 0
  }

  async #send(host: string, sent: Sent): Promise<Produced | undefined> {
    const { transport, topic } = this.#options
    const known = this.#connections.get(host)
    const dialled = known ?? transport.connect({ host, port: dataPort })
    this.#connections.set(host, dialled)
    try {
      const connection = await dialled
      const options = { timeoutMs: 3_000 }
      return (await connection.request('produce', { topic, sent }, options)) as Produced
    } catch (error) {
      if (!(error instanceof NetworkError)) throw error
      if (this.#connections.get(host) === dialled) this.#connections.delete(host)
      return undefined
    }
  }
}

const mostAttempts = 60
