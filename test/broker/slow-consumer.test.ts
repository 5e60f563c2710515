import { readdirSync, readlinkSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { metadataRecord } from '../../broker/metadata/records.ts'
import { type Clock, realClock } from '../../lib/clock.ts'
import type { FakeController } from '../support/fake-controller.ts'
import { mb, Producer, SlowConsumer, start } from './broker-in-process.ts'
import { uuid } from './metadata/support.ts'
import { until } from './net/support.ts'
import { makeTopic } from './running-broker.ts'

/** So much that most of an answer is still to be read when its consumer takes no more. */
const segmentBytes = 16 * mb
const batchBytes = 100_000
const firstSegment = `${'0'.repeat(20)}.log`
const long = { timeout: 30_000 }

test(
  'a segment that retention removes is sent to its end, and its consumer goes on behind it',
  long,
  async () => {
    const { producer, consumer, log, configure } = await startWithOldSegments()
    await consumer.beginsToTake(producer.topic, segmentBytes)
    configure('retention.bytes', `${2 * segmentBytes}`)
    await until(() => !readdirSync(log).includes(firstSegment), 'removed')

    consumer.resume()
    const next = producer.expectSame(0, await consumer.answer())
    expect(next * batchBytes).toBeGreaterThan(0.9 * segmentBytes)
    await producer.expectAll(consumer, next)
    expect(openButRemoved(log)).toEqual([])
  },
)

test(
  'a segment that is compacted meanwhile is sent as it was, and its consumer goes on',
  long,
  async () => {
    const { producer, consumer, log, configure } = await startWithOldSegments()
    await consumer.beginsToTake(producer.topic, segmentBytes)
    const before = statSync(join(log, firstSegment)).ino
    configure('min.cleanable.dirty.ratio', '0')
    configure('cleanup.policy', 'compact')
    await until(() => statSync(join(log, firstSegment)).ino !== before, 'replaced')

    consumer.resume()
    await producer.expectAll(consumer, producer.expectSame(0, await consumer.answer()))
    expect(openButRemoved(log)).toEqual([])
  },
)

test(
  'a topic made anew under the name of one that is still being sent is not mixed up with it',
  long,
  async () => {
    const { port, producer, consumer, log, controller } = await startWithOldSegments()
    await consumer.beginsToTake(producer.topic, segmentBytes)
    controller.append([metadataRecord('RemoveTopicRecord', { topicId: uuid(1) })])
    await until(() => !readdirSync(join(log, '..')).includes(`${producer.topic}-0`), 'deleted')
    makeTopic(controller, producer.topic, 2)
    const other = await Producer.open(port, producer.topic)
    await other.leads(uuid(2))
    await other.send(2 * segmentBytes, [batchBytes + 1])

    consumer.resume()
    producer.expectSame(0, await consumer.answer())
    await other.expectAll(consumer)
  },
)

/** A broker with a topic of three segments and more, the first of which are on the disk only. */
async function startWithOldSegments() {
  const { controller, port, topics, dataDir } = await start({
    topics: 1,
    clock: hurried,
    config: {
      'log.segment.bytes': `${segmentBytes}`,
      'log.retention.ms': '-1',
      'log.retention.check.interval.ms': '50',
      'log.cleaner.backoff.ms': '50',
    },
  })
  const topic = topics[0] as string
  const producer = await Producer.open(port, topic)
  await producer.send(3.5 * segmentBytes, [batchBytes])
  return {
    controller,
    port,
    producer,
    consumer: await SlowConsumer.open(port),
    log: join(dataDir, `${topic}-0`),
    configure: (name: string, value: string) => configure(controller, topic, { name, value }),
  }
}

function configure(
  controller: FakeController,
  topic: string,
  setting: { name: string; value: string },
): void {
  controller.append([
    metadataRecord('ConfigRecord', { ...setting, resourceType: 2, resourceName: topic }),
  ])
}

/** Retention is looked at half a minute after a start, which is too long for a test. */
const hurried: Clock = {
  ...realClock,
  timer: (delayMs, callback) => realClock.timer(delayMs === 30_000 ? 50 : delayMs, callback),
}

/** Files of a log that take room on the disk though they have no name any more. */
function openButRemoved(log: string): string[] {
  if (process.platform !== 'linux') return []
  const open = readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`)
    } catch {
      return [] // the one that lists them
    }
  })
  return open.filter((path) => path.startsWith(log) && path.endsWith(' (deleted)'))
}
