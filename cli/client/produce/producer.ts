import { buildBatch } from '../../../broker/protocol/records/build.ts'
import type { CompressionType } from '../../../broker/protocol/records/layout.ts'
import type { RecordInput } from '../../../broker/protocol/records/write-record.ts'
import { type Clock, sleep, type Timer } from '../../../lib/clock.ts'
import type { Random } from '../../../lib/random.ts'
import { ClientError, isTransient, TransientError } from '../client-error.ts'
import type { Cluster } from '../cluster.ts'
import { backoffMs } from '../patience.ts'
import type { WatchedTopic } from '../watched-topic.ts'
import { Outbox } from './outbox.ts'
import { type Answer, outcomeOf } from './outcome.ts'
import { type Batch, lingerMs, type PartitionQueue } from './partition-queue.ts'
import type { ProducerId } from './producer-id.ts'

export type ProducerOptions = {
  readonly cluster: Cluster
  readonly topic: WatchedTopic
  readonly clock: Clock
  readonly random: Random
  readonly acks: Acks
  readonly compression: CompressionType
  /** Undefined where nobody is to know a retry from something new. */
  readonly id: ProducerId | undefined
  /** Of all records, whatever their keys. */
  readonly partition: number | undefined
  /** What goes wrong and is tried again. */
  readonly warn: (line: string) => void
}

/** -1 is all in-sync replicas, 1 the leader, 0 nobody. */
export type Acks = -1 | 0 | 1

/**
 * Sends records to one topic: in batches, one request at a time to each leader, which keeps the
 * order in each partition, and again until they are delivered or too old.
 */
export class Producer {
  /** Records that are delivered; with acks=0, that were sent. */
  delivered = 0
  private readonly options: ProducerOptions
  private readonly outbox: Outbox
  private readonly busyLeaders = new Set<number>()
  private readonly failing = new AbortController()
  private linger: Timer | undefined
  private isFlushing = false
  private isRecovering = false
  private failures = 0 // since something was delivered
  private progress = Promise.withResolvers<void>()

  constructor(options: ProducerOptions) {
    this.options = options
    this.outbox = new Outbox(options)
  }

  /** Aborted, with why, once something cannot be delivered: nothing is sent from then on. */
  get failed(): AbortSignal {
    return this.failing.signal
  }

  /**
   * @returns What to wait for before the next one, where enough is waiting already. It rejects as
   *   `flush` does.
   */
  send(record: Omit<RecordInput, 'timestamp'>): Promise<void> | undefined {
    const { clock, topic } = this.options
    this.outbox.add({ ...record, timestamp: clock.nowMs() }, topic.now, clock.monotonicMs())
    if (this.outbox.sizeBytes > maxWaitingBytes) {
      this.pump()
      return this.until(() => this.outbox.sizeBytes <= maxWaitingBytes)
    }
    this.pumpSoon()
    return undefined
  }

  /** Settles once all is delivered. @throws {ClientError} Something is not, and will not be. */
  async flush(): Promise<void> {
    this.isFlushing = true
    this.pump()
    await this.until(() => this.outbox.sizeBytes === 0)
    this.isFlushing = false
    this.linger?.cancel()
    this.linger = undefined
  }

  private pumpSoon(): void {
    this.linger ??= this.options.clock.timer(lingerMs, () => {
      this.linger = undefined
      this.pump()
    })
  }

  /** Sends what is due to each leader that has nothing under way. */
  private pump(): void {
    if (this.failed.aborted) return
    const { topic, clock } = this.options
    const nowMs = this.isFlushing ? Number.POSITIVE_INFINITY : clock.monotonicMs()
    for (const [leader, queues] of this.outbox.due(topic.now, nowMs)) {
      if (leader === undefined) {
        const what = `partition ${queues[0]?.partition} of topic '${topic.now.name}'`
        this.recover(new TransientError(`${what} has no leader`), queues)
      } else if (!this.busyLeaders.has(leader)) {
        this.busyLeaders.add(leader)
        for (const queue of queues) queue.isUnderWay = true
        this.guard(this.deliver(leader, queues))
      }
    }
    if (this.outbox.isLingering(nowMs)) this.pumpSoon()
    if (topic.isOld) this.guard(this.refresh())
  }

  private async deliver(leader: number, queues: readonly PartitionQueue[]): Promise<void> {
    const { cluster, acks } = this.options
    try {
      const connection = await cluster.broker(leader)
      const request = this.requestOf(queues)
      if (acks === 0) {
        await connection.sendUnanswered(request).catch((error: unknown) => this.lost(error))
        for (const queue of queues) this.took(queue)
      } else {
        const { responses } = await connection.request('Produce', request)
        this.answered(queues, responses[0]?.partitionResponses ?? [])
      }
    } catch (error) {
      if (!isTransient(error)) throw error
      this.recover(error, queues)
    }
    this.busyLeaders.delete(leader)
    for (const queue of queues) queue.isUnderWay = false
    this.pump()
  }

  private requestOf(queues: readonly PartitionQueue[]) {
    const { topic, acks, id, compression } = this.options
    const partitionData = queues.map((queue) => {
      const sequence = id === undefined ? {} : { ...id, baseSequence: queue.sequence }
      const records = buildBatch({ records: queue.seal().records, compression, ...sequence })
      return { index: queue.partition, records }
    })
    return { acks, timeoutMs, topicData: [{ name: topic.now.name, partitionData }] }
  }

  private answered(
    queues: readonly PartitionQueue[],
    answers: readonly (Answer & { readonly index: number })[],
  ): void {
    const { name } = this.options.topic.now
    for (const queue of queues) {
      const where = `partition ${queue.partition} of topic '${name}'`
      const answer = answers.find(({ index }) => index === queue.partition)
      if (answer === undefined) throw new ClientError(`${where}: the broker has not answered`)
      const outcome = outcomeOf(answer, where)
      if (outcome.type === 'delivered') this.took(queue)
      else if (outcome.type === 'again') this.recover(outcome.error, [queue])
      else if (outcome.type === 'failed') throw outcome.error
      else if (!queue.split()) throw tooLarge(queue.seal(), name)
    }
  }

  private took(queue: PartitionQueue): void {
    this.delivered += this.outbox.took(queue)
    this.failures = 0
    this.moved()
  }

  /** Without acknowledgement there is nothing to try again. */
  private lost(error: unknown): void {
    if (!isTransient(error)) throw error
    this.options.warn(`${error.message}; what was sent with acks=0 may be lost`)
    this.guard(this.refresh())
  }

  /** Has what was not delivered sent again, once the cluster was asked who leads it. */
  private recover(error: Error, queues: readonly PartitionQueue[]): void {
    const tooOldMs = this.options.clock.monotonicMs() - deliveryTimeoutMs
    if (queues.some(({ first }) => first !== undefined && first.begunMs <= tooOldMs)) {
      const seconds = deliveryTimeoutMs / 1_000
      return this.fail(new ClientError(`not delivered in ${seconds} s: ${error.message}`))
    }
    this.options.warn(error.message)
    for (const queue of queues) queue.isHeld = true
    if (this.isRecovering) return
    this.isRecovering = true
    this.guard(this.askAgain())
  }

  private async askAgain(): Promise<void> {
    await sleep(this.options.clock, backoffMs(this.failures++))
    await this.refresh()
    this.isRecovering = false
    this.outbox.release()
    this.pump()
  }

  private async refresh(): Promise<void> {
    try {
      await this.options.topic.refresh()
    } catch (error) {
      if (!isTransient(error)) throw error
      this.options.warn(error.message)
    }
  }

  private guard(work: Promise<void>): void {
    void work.catch((error: unknown) => this.fail(error))
  }

  private fail(error: unknown): void {
    this.failing.abort(error)
    this.moved()
  }

  private moved(): void {
    this.progress.resolve()
    this.progress = Promise.withResolvers()
  }

  private async until(condition: () => boolean): Promise<void> {
    for (;;) {
      if (this.failed.aborted) throw this.failed.reason
      if (condition()) return
      await this.progress.promise
    }
  }
}

function tooLarge({ sizeBytes }: Batch, topic: string): ClientError {
  return new ClientError(
    `a record of about ${sizeBytes} bytes is more than topic '${topic}' takes: ` +
      "raise the topic's max.message.bytes, or message.max.bytes of the brokers",
  )
}

const maxWaitingBytes = 4 * 2 ** 20
const timeoutMs = 30_000 // request.timeout.ms
export const deliveryTimeoutMs = 120_000 // delivery.timeout.ms
