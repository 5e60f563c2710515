import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from '../../broker/net/connect.ts'
import { realClock } from '../../lib/clock.ts'

/**
 * `node create-topic.ts HOST:PORT NAME PATIENCE_MS`: makes a topic over the protocol, asking again until
 * somebody has decided it, and prints after how many milliseconds. What comes back otherwise is printed
 * at the end of its patience, with exit code 1.
 */
const [address = '', name = '', patience = '0'] = process.argv.slice(2)
const [host = '', port = ''] = address.split(':')
const beganMs = performance.now()
const topic = { name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }
let outcome = ''
while (performance.now() - beganMs < Number(patience)) {
  outcome = await attempt()
  if (outcome === 'made') {
    console.log(Math.round(performance.now() - beganMs))
    process.exit(0)
  }
  await sleep(10)
}
console.log(outcome)
process.exit(1)

async function attempt(): Promise<string> {
  try {
    const connection = await connect({ host, port: Number(port), clock: realClock })
    try {
      const request = { topics: [topic], timeoutMs: 1_000 }
      const answer = await connection.request('CreateTopics', 7, request, { timeoutMs: 2_000 })
      const { errorCode, errorMessage } = answer.topics[0] ?? { errorCode: -1 }
      const alreadyExists = 36 // an attempt before was decided after all
      return [0, alreadyExists].includes(errorCode) ? 'made' : `${errorCode} ${errorMessage}`
    } finally {
      connection.close()
    }
  } catch (error) {
    return (error as Error).message
  }
}
