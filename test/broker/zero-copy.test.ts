import { expect, test } from 'vitest'
import type { Broker } from '../../broker/broker.ts'
import type { Files, OpenFile } from '../../lib/files.ts'
import { realFiles } from '../../lib/real-files.ts'
import { mb, Producer, SlowConsumer, start } from './broker-in-process.ts'

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
