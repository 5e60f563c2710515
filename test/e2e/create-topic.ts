import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from '../../broker/net/connect.ts'
import { realClock } from '../../lib/clock.ts'

/**
 * `node create-topic.ts NAME PATIENCE_MS HOST...`: once its input ends, it makes a topic over the protocol,
 * asking brokers again and again until that is decided, and prints after how many milliseconds. What comes
 * back otherwise is printed at the end of its patience, with exit code 1.
 */
const [name = '', patience = '0', ...hosts] = process.argv.slice(2)
console.error('waits')
await once(process.stdin.resume(), 'end')
const beganMs = performance.now()
const topic = { name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }
let outcome = ''
while (performance.now() - beganMs < Number(patience)) {
  outcome = await Promise.any(hosts.map((host) => attempt(host))).catch(
    ({ errors }: AggregateError) => String(errors[0]),
  )
  if (outcome === 'made') {
    console.log(Math.round(performance.now() - beganMs))
    process.exit(0)
  }
  await sleep(10)
}
console.log(outcome)
process.exit(1)

/** @returns `made`. @throws Why it was not: a broker that is gone does not hold up the others. */
async function attempt(host: string): Promise<string> {
  const connection = await connect({ host, port: 9_092, clock: realClock, connectTimeoutMs: 300 })
  try {
    const request = { topics: [topic], timeoutMs: 1_000 }
    const answer = await connection.request('CreateTopics', 7, request, { timeoutMs: 2_000 })
    const { errorCode, errorMessage } = answer.topics[0] ?? { errorCode: -1 }
    const alreadyExists = 36 // an attempt before was decided after all
    if ([0, alreadyExists].includes(errorCode)) return 'made'
    throw new Error(`${errorCode} ${errorMessage}`)
  } finally {
    connection.close()
  }
}
