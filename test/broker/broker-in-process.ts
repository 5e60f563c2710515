import { once } from 'node:events'
import { expect, onTestFinished } from 'vitest'
import { type Broker, startBroker } from '../../broker/broker.ts'
import type { BrokerOptions } from '../../broker/config/broker-options.ts'
import type { ClientConnection } from '../../broker/net/client-connection.ts'
import { connect } from '../../broker/net/connect.ts'
import { encodeRequest } from '../../broker/protocol/frames/request.ts'
import { readResponse } from '../../broker/protocol/frames/response.ts'
import { errorCodes } from '../../broker/protocol/generated/error-codes.ts'
import { buildBatch } from '../../broker/protocol/records/build.ts'
import { baseOffsetOf, batchEndOf } from '../../broker/protocol/records/header.ts'
import { at } from '../../broker/protocol/records/layout.ts'
import type { Part } from '../../broker/protocol/schema/fields.ts'
import { serveClients } from '../../broker/serve-clients.ts'
import { type Clock, realClock } from '../../lib/clock.ts'
import { diskRoom } from '../../lib/disk-room.ts'
import type { Files } from '../../lib/files.ts'
import { acquireLock } from '../../lib/kernel-lock.ts'
import { silentLogger } from '../../lib/logger.ts'
import { lookupAll } from '../../lib/lookup-all.ts'
import { realRandom } from '../../lib/random.ts'
import { realFiles } from '../../lib/real-files.ts'
import { FakeController } from '../support/fake-controller.ts'
import { secret } from '../support/test-cluster.ts'
import { Client, distinct, until } from './net/support.ts'
import { makeTopic, optionsIn, temporaryFolder } from './running-broker.ts'

export const mb = 2 ** 20

/** A whole broker in this process, which leads topics of one partition. */
export async function start({
  topics,
  files = realFiles,
  clock = realClock,
  config = {},
}: {
  topics: number
  files?: Files
  clock?: Clock
  config?: Record<string, string>
}): Promise<Started> {
  const controller = await FakeController.start()
  const names = Array.from({ length: topics }, (_, index) => `topic-${index}`)
  for (const [index, name] of names.entries()) makeTopic(controller, name, index + 1)
  const folder = temporaryFolder()
  const options = optionsIn(folder, { host: '127.0.0.1', port: controller.port }, { config })
  const broker = await startInProcess(options, { files, clock })
  return { broker, controller, port: broker.port, topics: names, dataDir: options.dataDir }
}

/** A whole broker in this process, stopped at the end of the test. */
export async function startInProcess(
  options: BrokerOptions,
  { files = realFiles, clock = realClock }: { files?: Files; clock?: Clock } = {},
): Promise<Broker> {
  const fatal: unknown[] = []
  const broker = await startBroker(options, {
    files,
    clock,
    random: realRandom,
    log: silentLogger,
    secret,
    lock: (path) => acquireLock(path, { waitMs: 0, clock: realClock, describe: 'a test' }),
    makeServing: serveClients,
    onFatal: (error) => void fatal.push(error),
    lookup: lookupAll,
    diskRoom,
    ground: () => undefined,
    onMustStop() {},
  })
  onTestFinished(async () => {
    await broker.stop()
    expect(fatal).toEqual([])
  })
  await until(() => broker.notReady === undefined, 'ready')
  return broker
}

/** A whole broker in this process, and what tells it what to do. */
type Started = {
  broker: Broker
  controller: FakeController
  port: number
  topics: string[]
  dataDir: string
}

/** Sends batches whose bytes differ everywhere, five at a time, and remembers them by their offset. */
export class Producer {
  readonly topic: string
  private readonly connection: ClientConnection
  private readonly sent: Buffer[] = []

  private constructor(topic: string, connection: ClientConnection) {
    this.topic = topic
    this.connection = connection
  }

  static async open(port: number, topic: string): Promise<Producer> {
    const connection = await connect({ host: '127.0.0.1', port, clock: realClock })
    onTestFinished(() => connection.close())
    return new Producer(topic, connection)
  }

  /** Waits until the broker serves the topic of that id. */
  async leads(topicId: string): Promise<void> {
    const { topic: name } = this
    for (let isIts = false; !isIts; ) {
      const body = { topics: [{ name }], allowAutoTopicCreation: false }
      const { topics } = await this.connection.request('Metadata', 10, body)
      isIts = topics[0]?.topicId === topicId && topics[0].errorCode === 0
    }
  }

  /**
   * @param sizes Of the batches, in turn, until there are so many bytes.
   * @param options.timeoutMs After which the broker tells that it is not written yet.
   */
  async send(
    bytes: number,
    sizes: readonly number[],
    { timeoutMs = 60_000, acks = 1 } = {},
  ): Promise<void> {
    let inFlight: Promise<void>[] = []
    for (let sent = 0; sent < bytes; ) {
      const size = sizes[this.sent.length % sizes.length] as number
      sent += size
      inFlight.push(this.sendOne(this.next(size), { timeoutMs, acks }))
      if (inFlight.length === 5) {
        await Promise.all(inFlight)
        inFlight = []
      }
    }
    await Promise.all(inFlight)
  }

  /** Whether those are the batches from the one at `offset` on, as they were sent. @returns The next. */
  expectSame(offset: number, batches: Buffer): number {
    expect(batches.byteLength).toBeGreaterThan(0)
    let next = offset
    for (let start = 0; start < batches.byteLength; next++) {
      const end = batchEndOf(batches, start)
      if (end > batches.byteLength) break // cut off, where the answer was to be no longer
      expect(baseOffsetOf(batches, start)).toBe(next)
      const sent = this.sent[next] as Buffer
      const isSame = sent.subarray(at.crc).equals(batches.subarray(start + at.crc, end))
      expect(isSame, `batch ${next} of ${this.topic}`).toBe(true)
      start = end
    }
    return next
  }

  /** Whether the log has all that was sent, from an offset on. */
  async expectAll(consumer: SlowConsumer, from = 0): Promise<void> {
    for (let offset = from; offset < this.sent.length; ) {
      consumer.ask(this.topic, offset, { maxWaitMs: 10_000 })
      offset = this.expectSame(offset, await consumer.answer())
    }
  }

  private next(size: number): Buffer {
    const seed = this.sent.length * 31 + Number(this.topic.at(-1))
    const value = distinct(seed, size)
    const key = Buffer.from(`${this.sent.length}`)
    const batch = Buffer.from(buildBatch({ records: [{ ...record, key, value }] }))
    this.sent.push(batch)
    return batch
  }

  private async sendOne(
    records: Buffer,
    { timeoutMs, acks }: { timeoutMs: number; acks: number },
  ): Promise<void> {
    const topicData = [{ name: this.topic, partitionData: [{ index: 0, records }] }]
    const body = { acks, timeoutMs, topicData }
    const { responses } = await this.connection.request('Produce', 9, body)
    const mayBe = timeoutMs > 1 ? [0] : [0, errorCodes.REQUEST_TIMED_OUT]
    expect(mayBe).toContain(responses[0]?.partitionResponses[0]?.errorCode)
  }
}

const record = { timestamp: 1_000, headers: [] }

/** Asks for batches, and takes the answers when the test says so. */
export class SlowConsumer {
  private readonly client: Client
  private correlationId = 0

  private constructor(client: Client) {
    this.client = client
  }

  static async open(port: number): Promise<SlowConsumer> {
    const client = await Client.open(port)
    onTestFinished(() => client[Symbol.dispose]())
    return new SlowConsumer(client)
  }

  pause(): void {
    this.client.socket.pause()
  }

  resume(): void {
    this.client.socket.resume()
  }

  ask(topic: string, fetchOffset: number, { maxWaitMs = 0, maxBytes = 2 * mb } = {}): void {
    const partitions = [{ partition: 0, fetchOffset, partitionMaxBytes: maxBytes }]
    const body = { maxWaitMs, minBytes: 1, maxBytes, topics: [{ topic, partitions }] }
    const header = { correlationId: this.correlationId++, clientId: 'slow' }
    const parts: Part[] = encodeRequest('Fetch', 11, header, body)
    for (const part of parts) this.client.socket.write(part as Uint8Array)
  }

  /** Asks, and takes no more once the answer has begun to come. */
  async beginsToTake(topic: string, maxBytes: number): Promise<void> {
    const begun = once(this.client.socket, 'data')
    this.ask(topic, 0, { maxBytes })
    await begun
    this.pause()
  }

  async answer(): Promise<Buffer> {
    const frame = (await this.client.frame()) as Buffer
    const { responses } = readResponse('Fetch', 11, frame).body
    const { errorCode, records } = responses[0]?.partitions[0] ?? {}
    expect(errorCode).toBe(0)
    return Buffer.from(records ?? [])
  }
}
