import { connect } from '../../broker/net/connect.ts'
import { realClock } from '../../lib/clock.ts'
import { whyNoKafka } from '../../scripts/kafka/jars.ts'
import { usageOf } from '../broker/process-usage.ts'
import { put } from '../broker/put.ts'
import { ranged } from '../broker/ranged.ts'
import { type Brokers, startKavka, startThreeKafkas } from './systems.ts'

const rounds = Number(process.env['ROUNDS'] ?? 7)

/** TOTAL_MB BATCH_KB RECORD_BYTES CONNECTIONS IN_FLIGHT: see `bench/broker/load.ts`. */
const loads = {
  '64 KB batches of 1 KB records': [256, 64, 1_024, 3, 5],
  '16 KB batches of 100 B records': [64, 16, 100, 3, 5],
  'one record of 1 KB after the other, a connection to each leader': [1, 1, 1_000, 3, 1],
} as const

type Measured = { mbPerS: number; cpuS: number; p50Ms: number; p99Ms: number }

/** Three brokers, three partitions with three replicas, min.insync.replicas 2, acks=all: kavka and Kafka in turn. */
export async function benchReplication(part?: string): Promise<void> {
  const why = whyNoKafka()
  if (why !== undefined) console.log(`without Apache Kafka beside it: ${why}\n`)
  const systems: Brokers[] = []
  try {
    systems.push(await startKavka())
    if (why === undefined) systems.push(await startThreeKafkas())
    for (const [title, load] of Object.entries(loads)) {
      if (part !== undefined && !title.startsWith(part)) continue
      await benchLoad(title, load, systems)
    }
    for (const { name, pids } of systems) {
      const mb = pids.map((pid) => usageOf(pid).peakMb)
      const all = mb.map((own) => own.toFixed(0)).join(' + ')
      console.log(`${name.padEnd(6)} ${all} MB resident at most, ${total(mb).toFixed(0)} MB in all`)
    }
  } finally {
    for (const system of systems) await system.stop()
  }
}

async function benchLoad(
  title: string,
  load: (typeof loads)[keyof typeof loads],
  systems: readonly Brokers[],
): Promise<void> {
  const measured = systems.map(() => [] as Measured[])
  for (let round = -1; round < rounds; round++) {
    for (const [index, system] of systems.entries()) {
      const topic = `${title.replaceAll(/\W+/g, '-')}-${round + 1}`
      await createTopic(system, topic)
      const before = cpuMsOf(system)
      const { bytes, ms, p50Ms, p99Ms } = await put('replicate', system, topic, load)
      const cpuS = (cpuMsOf(system) - before) / 1e3 / (bytes / 1e9)
      if (round < 0) continue // warms up
      measured[index]?.push({ mbPerS: bytes / 1e3 / ms, cpuS, p50Ms, p99Ms })
    }
  }
  console.log(`${title}, ${rounds} rounds`)
  for (const [index, { name }] of systems.entries()) {
    const own = measured[index] ?? []
    console.log(
      `  ${name.padEnd(6)} ${ranged(own, ({ mbPerS }) => mbPerS, 1)} MB/s; ` +
        `CPU of all brokers a GB ${ranged(own, ({ cpuS }) => cpuS, 2)} s; ` +
        `latency ${ranged(own, ({ p50Ms }) => p50Ms, 1)} ms at 50 %, ` +
        `${ranged(own, ({ p99Ms }) => p99Ms, 1)} ms at 99 %`,
    )
  }
  const [ours = [], others = []] = measured
  if (others.length > 0) {
    const beside = (of: (one: Measured) => number) =>
      ranged(
        ours.map((own, round) => of(own) / of(others[round] ?? own)),
        (own) => own,
        2,
      )
    console.log(
      `  kavka's beside Kafka's: throughput ${beside(({ mbPerS }) => mbPerS)}, CPU ` +
        `${beside(({ cpuS }) => cpuS)}, 99 % ${beside(({ p99Ms }) => p99Ms)}`,
    )
  }
  console.log()
}

async function createTopic({ address }: Brokers, name: string): Promise<void> {
  const [host = '', port = ''] = address.split(':')
  const connection = await connect({ host, port: Number(port), clock: realClock })
  const configs = [{ name: 'min.insync.replicas', value: '2' }]
  const topic = { name, numPartitions: 3, replicationFactor: 3, assignments: [], configs }
  const { topics } = await connection.request('CreateTopics', 7, {
    topics: [topic],
    timeoutMs: 30_000,
  })
  connection.close()
  const [made] = topics
  if (made?.errorCode !== 0) throw new Error(`CreateTopics: ${made?.errorMessage}`)
}

function cpuMsOf({ pids }: Brokers): number {
  return total(pids.map((pid) => usageOf(pid)).map(({ userMs, systemMs }) => userMs + systemMs))
}

function total(all: readonly number[]): number {
  return all.reduce((sum, own) => sum + own, 0)
}
