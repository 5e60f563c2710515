import { whyNoKafka } from '../../scripts/kafka/jars.ts'
import { benchColdReads } from './cold-reads.ts'
import { type Peer, startKafkaPeer, startKavkaPeer } from './peers.ts'
import { usageOf } from './process-usage.ts'
import { put } from './put.ts'
import { ranged } from './ranged.ts'

const rounds = 7

/** Each load is put on kavka and on Kafka in turn, round by round; ratios are taken within a round. */
const loads = {
  'produce, 64 KB batches of 1 KB records': { mode: 'produce', args: [512, 64, 1_024, 3, 5] },
  'produce, 16 KB batches of 100 B records': { mode: 'produce', args: [128, 16, 100, 3, 5] },
  'consume what was just produced, 1 MB a fetch': {
    mode: 'consume',
    args: [1_024, 64, 1_024, 3, 1],
    before: [9, 64, 1_024, 3, 5],
  },
  'wait for a record of 1 KB at the end of a log': { mode: 'wake', args: [0.5, 1, 1_000, 1, 1] },
} as const

type Measured = {
  mbPerS: number
  userS: number
  systemS: number
  p50Ms: number
  p99Ms: number
}

/** Throughput, CPU for each GB, latency, memory and start of a broker beside Apache Kafka's. */
export async function benchBroker(part?: string): Promise<void> {
  const why = whyNoKafka()
  if (why !== undefined) console.log(`without Apache Kafka beside it: ${why}\n`)
  const starts = why === undefined ? [startKavkaPeer, startKafkaPeer] : [startKavkaPeer]
  if (part === undefined || part === 'cold-reads') await benchColdReads()
  if (part === undefined || part === 'start') await benchStart(starts)
  if (part === 'start' || part === 'cold-reads') return
  const peers: Peer[] = []
  try {
    for (const start of starts) peers.push(await start())
    for (const [title, load] of Object.entries(loads)) {
      if (part !== undefined && !title.startsWith(part)) continue
      await benchLoad(title, load, peers)
    }
    for (const { name, pid } of peers) {
      console.log(`${name}: ${usageOf(pid).peakMb.toFixed(0)} MB resident at most`)
    }
  } finally {
    for (const peer of peers) await peer.stop()
  }
}

async function benchLoad(
  title: string,
  load: (typeof loads)[keyof typeof loads],
  peers: readonly Peer[],
): Promise<void> {
  const measured = peers.map(() => [] as Measured[])
  for (let round = -1; round < rounds; round++) {
    for (const [index, peer] of peers.entries()) {
      const topic = `${title.replaceAll(/\W+/g, '-')}-${round + 1}`
      if ('before' in load) await put('produce', peer, topic, load.before)
      const before = usageOf(peer.pid)
      const { bytes, ms, p50Ms, p99Ms } = await put(load.mode, peer, topic, load.args)
      const after = usageOf(peer.pid)
      if (round < 0) continue // warms up
      const gb = bytes / 1e9
      measured[index]?.push({
        mbPerS: bytes / 1e3 / ms,
        userS: (after.userMs - before.userMs) / 1e3 / gb,
        systemS: (after.systemMs - before.systemMs) / 1e3 / gb,
        p50Ms,
        p99Ms,
      })
    }
  }
  console.log(`${title}, ${rounds} rounds`)
  for (const [index, { name }] of peers.entries()) {
    const own = measured[index] ?? []
    const latency =
      `latency ${ranged(own, ({ p50Ms }) => p50Ms, 1)} ms at 50 %, ` +
      `${ranged(own, ({ p99Ms }) => p99Ms, 1)} ms at 99 %`
    const cost =
      `${ranged(own, ({ mbPerS }) => mbPerS, 0)} MB/s; CPU a GB ` +
      `${ranged(own, ({ userS }) => userS, 2)} s user, ` +
      `${ranged(own, ({ systemS }) => systemS, 2)} s system; `
    console.log(`  ${name.padEnd(6)} ${load.mode === 'wake' ? '' : cost}${latency}`)
  }
  const [ours = [], others = []] = measured
  const ratios = ours.map((own, round) => {
    const other = others[round] ?? own
    return (own.userS + own.systemS) / (other.userS + other.systemS)
  })
  if (others.length > 0 && load.mode !== 'wake') {
    console.log(`  CPU of kavka's beside Kafka's: ${ranged(ratios, (own) => own, 2)}`)
  }
  console.log()
}

async function benchStart(starts: readonly (() => Promise<Peer>)[]): Promise<void> {
  console.log('from the start of the process to the first acknowledged record, 5 rounds')
  for (const start of starts) {
    const took: number[] = []
    let name = ''
    for (let round = 0; round < 5; round++) {
      const startedMs = performance.now()
      const peer = await start()
      await put('produce', peer, 'first', [0.001, 1, 1_024, 1, 1])
      took.push(performance.now() - startedMs)
      name = peer.name
      await peer.stop()
    }
    console.log(`  ${name.padEnd(6)} ${ranged(took, (own) => own, 0)} ms`)
  }
  console.log()
}
