import { setTimeout as sleep } from 'node:timers/promises'
import { Kafka, logLevel } from 'kafkajs'

/**
 * `node load.ts BOOTSTRAP TOPIC`: a producer (acks=all) of fifty records a second, where the names of the
 * cluster are known, until its input ends. Then it prints what came of it, as JSON.
 */
const [bootstrap = '', topic = ''] = process.argv.slice(2)
const kafka = new Kafka({ clientId: 'load', brokers: [bootstrap], logLevel: logLevel.NOTHING })
const producer = kafka.producer({ allowAutoTopicCreation: false })
await producer.connect()

const ending = new AbortController()
process.stdin.resume().on('end', () => ending.abort())
console.error('runs')

const takenMs: number[] = []
let failures = 0
let sent = 0
while (!ending.signal.aborted) {
  const beganMs = performance.now()
  try {
    await producer.send({ topic, acks: -1, messages: [{ value: `${sent}` }] })
    sent += 1
    takenMs.push(performance.now() - beganMs)
  } catch {
    failures += 1
  }
  await sleep(20)
}
await producer.disconnect()
console.log(JSON.stringify({ sent, failures, slowestMs: Math.max(0, ...takenMs) }))
process.exit(0)
