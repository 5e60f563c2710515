import { setTimeout as sleep } from 'node:timers/promises'
import { Kafka, logLevel } from 'kafkajs'
import type { LoadReport, Tried } from './clients.ts'

/**
 * `node load.ts BOOTSTRAP TOPIC`, where the names of the cluster are known, until its input ends: a producer
 * (acks=all) of fifty records a second, and a group that reads and commits each. Then it prints what
 * came of it, as JSON.
 */
const [bootstrap = '', topic = ''] = process.argv.slice(2)
const kafka = new Kafka({ clientId: 'load', brokers: [bootstrap], logLevel: logLevel.NOTHING })
const report: LoadReport = { produced: none(), read: none(), committed: none() }
const sentAtMs = new Map<string, number>()

const producer = kafka.producer({ allowAutoTopicCreation: false })
const consumer = kafka.consumer({ groupId: `load-${Date.now()}`, maxWaitTimeInMs: 500 })
await Promise.all([producer.connect(), consumer.connect()])
// From the end on it would miss what is produced before it has found out where that is.
await consumer.subscribe({ topic, fromBeginning: true })
const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve))
await consumer.run({
  autoCommit: false,
  async eachMessage({ partition, message }) {
    const beganMs = sentAtMs.get(`${message.value}`)
    if (beganMs === undefined) return // of another run
    await tried(report.read, async () => {}, beganMs)
    const offset = `${Number(message.offset) + 1}`
    await tried(report.committed, () => consumer.commitOffsets([{ topic, partition, offset }]))
  },
})
await joined
const ending = new AbortController()
process.stdin.resume().on('end', () => ending.abort())
console.error('runs')

for (let number = 0; !ending.signal.aborted; number++) {
  const value = `${process.pid}-${number}`
  sentAtMs.set(value, performance.now())
  await tried(report.produced, () => producer.send({ topic, acks: -1, messages: [{ value }] }))
  await sleep(20)
}
for (let tries = 0; report.read.done < report.produced.done && tries < 100; tries++) await sleep(50)
await Promise.all([producer.disconnect(), consumer.disconnect()])
console.log(JSON.stringify(report))
process.exit(0)

function none(): Tried {
  return { done: 0, failures: 0, slowestMs: 0 }
}

/** What fails is counted, not thrown: a client goes on. */
async function tried(
  count: Tried,
  act: () => Promise<unknown>,
  beganMs = performance.now(),
): Promise<void> {
  try {
    await act()
    count.done += 1
    count.slowestMs = Math.max(count.slowestMs, performance.now() - beganMs)
  } catch {
    count.failures += 1
  }
}
