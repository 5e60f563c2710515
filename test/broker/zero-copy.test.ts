import { expect, onTestFinished, test } from 'vitest'
import { type Broker, startBroker } from '../../broker/broker.ts'
import { type ClientConnection } from '../../broker/net/client-connection.ts'
import { connect } from '../../broker/net/connect.ts'
import { encodeRequest } from '../../broker/protocol/frames/request.ts'
import { readResponse } from '../../broker/protocol/frames/response.ts'
import { errorCodes } from '../../broker/protocol/generated/error-codes.ts'
import { buildBatch } from '../../broker/protocol/records/build.ts'
import { baseOffsetOf, batchEndOf } from '../../broker/protocol/records/header.ts'
import { at } from '../../broker/protocol/records/layout.ts'
import type { Part } from '../../broker/protocol/schema/fields.ts'
import { serveClients } from '../../broker/serve-clients.ts'
import { realClock } from '../../lib/clock.ts'
import { diskRoom } from '../../lib/disk-room.ts'
import type { Files, OpenFile } from '../../lib/files.ts'
import { acquireLock } from '../../lib/kernel-lock.ts'
import { silentLogger } from '../../lib/logger.ts'
import { realRandom } from '../../lib/random.ts'
import { realFiles } from '../../lib/real-files.ts'
import { FakeController, secret } from '../support/fake-controller.ts'
import { Client, distinct, until } from './net/support.ts'
import { makeTopic, optionsIn, temporaryFolder } from './running-broker.ts'

const mb = 2 ** 20
/** More than the broker keeps in memory of the ends of its logs, so that all of it is used again. */
const muchBytes = 40 * mb

test('what many send at once is what is on the disk, and what a slow consumer gets of memory', async () => {
  const { port, topics } = await start({ topics: 4 })
  const slow = await SlowConsumer.open(port)
  const producers = await Promise.all(topics.map((topic) => Producer.open(port, topic)))
  await Promise.all(producers.map((own) => own.send(2 * mb, [70_000, 300_000, 3_000, 20_000])))

  // It asks for all that is in memory, and takes none of it while that is used for others.
  slow.pause()
  for (const { topic } of producers) slow.ask(topic, 0)
  await Promise.all(producers.map((own) => own.send(muchBytes / 4, [65_000, 9_000, 400, 900_000])))
  slow.resume()
  for (const own of producers) own.expectSame(0, await slow.answer())
  for (const own of producers) await own.expectAll(slow)
})

test('an answer that waits behind another is not changed by what comes meanwhile', async () => {
  const { port, topics } = await start({ topics: 2 })
  const [topic = '', quiet = ''] = topics
  const producer = await Producer.open(port, topic)
  const other = await Producer.open(port, quiet)
  await producer.send(mb, [100_000])
  const consumer = await SlowConsumer.open(port)
  consumer.ask(quiet, 0, { maxWaitMs: 60_000 }) // until there is something
  consumer.ask(topic, 0)
  await producer.send(muchBytes, [100_000])
  await other.send(1, [1_000])
  other.expectSame(0, await consumer.answer())
  producer.expectSame(0, await consumer.answer())
})

test('what waits for a slow disk is written as it came, though its producer was answered', async () => {
  const disk = stalling(realFiles)
  const { port, topics } = await start({ topics: 1, files: disk.files })
  const producer = await Producer.open(port, topics[0] as string)
  await producer.send(1, [10_000])
  const { stalled, goOn } = disk.stall()
  await producer.send(muchBytes, [90_000, 20_000], { timeoutMs: 1 })
  await stalled
  goOn()
  await producer.expectAll(await SlowConsumer.open(port))
})

test('of a batch no more is copied than one read of the landing buffer, and nothing to a consumer', async () => {
  const reads = { count: 0 }
  const { port, topics, broker } = await start({
    topics: 1,
    files: countingReads(realFiles, reads),
  })
  const producer = await Producer.open(port, topics[0] as string)
  const consumer = await SlowConsumer.open(port)
  await producer.send(1, [1_000])
  const before = await copiedBytes(broker)
  const count = 200
  await producer.send(count * 30_000, [30_000])
  const received = await copiedBytes(broker)
  expect(received.ofTail - before.ofTail).toBe(0)
  // One in about 30 begins near the end of a megabyte, and moves to the next.
  expect(received.ofRequests - before.ofRequests).toBeLessThanOrEqual(
    count * 16_384 + (count / 30) * 30_100,
  )
  reads.count = 0
  await producer.expectAll(consumer)
  expect(reads.count).toBe(0)
  const sent = await copiedBytes(broker)
  // What lies around the batches in an answer, of which there are a few.
  expect(sent.ofAnswers - received.ofAnswers).toBeLessThan(20 * 200)
})

/** A whole broker in this process, which leads topics of one partition. */
async function start({ topics, files = realFiles }: { topics: number; files?: Files }) {
  const controller = await FakeController.start()
  const names = Array.from({ length: topics }, (_, index) => `topic-${index}`)
  for (const [index, name] of names.entries()) makeTopic(controller, name, index + 1)
  const fatal: unknown[] = []
  const broker = await startBroker(
    optionsIn(temporaryFolder(), { host: '127.0.0.1', port: controller.port }),
    {
      files,
      clock: realClock,
      random: realRandom,
      log: silentLogger,
      secret,
      lock: (path) => acquireLock(path, { waitMs: 0, clock: realClock, describe: 'a test' }),
      makeServing: serveClients,
      onFatal: (error) => void fatal.push(error),
      diskRoom,
      onMustStop() {},
    },
  )
  onTestFinished(async () => {
    await broker.stop()
    expect(fatal).toEqual([])
  })
  await until(() => broker.notReady === undefined, 'ready')
  return { broker, port: broker.port, topics: names }
}

/** Sends batches whose bytes differ everywhere, five at a time, and remembers them by their offset. */
class Producer {
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

  /**
   * @param sizes Of the batches, in turn, until there are so many bytes.
   * @param options.timeoutMs After which the broker tells that it is not written yet.
   */
  async send(bytes: number, sizes: readonly number[], { timeoutMs = 60_000 } = {}): Promise<void> {
    let inFlight: Promise<void>[] = []
    for (let sent = 0; sent < bytes; ) {
      const size = sizes[this.sent.length % sizes.length] as number
      sent += size
      inFlight.push(this.sendOne(this.next(size), timeoutMs))
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

  /** Whether the log has all that was sent. */
  async expectAll(consumer: SlowConsumer): Promise<void> {
    for (let offset = 0; offset < this.sent.length; ) {
      consumer.ask(this.topic, offset, { maxWaitMs: 10_000 })
      offset = this.expectSame(offset, await consumer.answer())
    }
  }

  private next(size: number): Buffer {
    const seed = this.sent.length * 31 + Number(this.topic.at(-1))
    const value = distinct(seed, size)
    const batch = Buffer.from(buildBatch({ records: [{ ...record, value }] }))
    this.sent.push(batch)
    return batch
  }

  private async sendOne(records: Buffer, timeoutMs: number): Promise<void> {
    const topicData = [{ name: this.topic, partitionData: [{ index: 0, records }] }]
    const body = { acks: 1, timeoutMs, topicData }
    const { responses } = await this.connection.request('Produce', 9, body)
    const mayBe = timeoutMs > 1 ? [0] : [0, errorCodes.REQUEST_TIMED_OUT]
    expect(mayBe).toContain(responses[0]?.partitionResponses[0]?.errorCode)
  }
}

const record = { timestamp: 1_000, key: null, headers: [] }

/** Asks for batches, and takes the answers when the test says so. */
class SlowConsumer {
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

  ask(topic: string, fetchOffset: number, { maxWaitMs = 0 } = {}): void {
    const partitions = [{ partition: 0, fetchOffset, partitionMaxBytes: 2 * mb }]
    const body = { maxWaitMs, minBytes: 1, maxBytes: 2 * mb, topics: [{ topic, partitions }] }
    const header = { correlationId: this.correlationId++, clientId: 'slow' }
    const parts: Part[] = encodeRequest('Fetch', 11, header, body)
    for (const part of parts) this.client.socket.write(part as Uint8Array)
  }

  async answer(): Promise<Buffer> {
    const frame = (await this.client.frame()) as Buffer
    const { responses } = readResponse('Fetch', 11, frame).body
    const { errorCode, records } = responses[0]?.partitions[0] ?? {}
    expect(errorCode).toBe(0)
    return Buffer.from(records ?? [])
  }
}

/** A disk on which writes to logs wait, from when the test says so until it lets them go on. */
function stalling(files: Files) {
  let gate: Promise<void> | undefined
  let onStalled = () => {}
  const opened = (file: OpenFile, path: string): OpenFile =>
    path.endsWith('.log') && !path.includes('__') ? stallingFile(file) : file
  const stallingFile = (file: OpenFile): OpenFile => ({
    ...bound(file),
    write(parts, position) {
      if (gate !== undefined) waitMs(20) // slow, so that the next ones are written later
      file.write(parts, position)
    },
    async writeLater(parts, position) {
      onStalled()
      await gate
      await file.writeLater(parts, position)
    },
  })
  return {
    files: {
      ...files,
      open: (path: string) => opened(files.open(path), path),
      create: (path: string) => opened(files.create(path), path),
    },
    stall() {
      const { promise, resolve } = Promise.withResolvers<void>()
      const stalled = new Promise<void>((done) => void (onStalled = done))
      gate = promise
      return {
        stalled,
        goOn: () => {
          gate = undefined
          resolve()
        },
      }
    },
  }
}

function countingReads(files: Files, reads: { count: number }): Files {
  const opened = (file: OpenFile): OpenFile => ({
    ...bound(file),
    readLater(into, position) {
      reads.count += 1
      return file.readLater(into, position)
    },
  })
  return {
    ...files,
    open: (path) => opened(files.open(path)),
    create: (path) => opened(files.create(path)),
  }
}

function bound(file: OpenFile): OpenFile {
  return {
    sizeBytes: () => file.sizeBytes(),
    read: (into, position) => file.read(into, position),
    readLater: (into, position) => file.readLater(into, position),
    write: (parts, position) => file.write(parts, position),
    writeLater: (parts, position) => file.writeLater(parts, position),
    truncate: (sizeBytes) => file.truncate(sizeBytes),
    sync: () => file.sync(),
    syncLater: () => file.syncLater(),
    close: () => file.close(),
  }
}

function waitMs(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

/** As the metrics of a broker tell it. */
async function copiedBytes({ metricsPort }: Broker) {
  const response = await fetch(`http://127.0.0.1:${metricsPort}/metrics`)
  const text = await response.text()
  const valueOf = (name: string) => {
    const line = text.split('\n').find((one) => one.startsWith(name))
    return Number(line?.split(' ').at(-1))
  }
  return {
    ofRequests: valueOf('kavka_network_copied_bytes_total{listener="client"}'),
    ofTail: valueOf('kavka_log_tail_copied_bytes_total'),
    ofAnswers: valueOf('kavka_network_joined_bytes_total{listener="client"}'),
  }
}
