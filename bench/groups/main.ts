import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from '../../broker/net/connect.ts'
import { realClock } from '../../lib/clock.ts'
import { whyNoKafka } from '../../scripts/kafka/jars.ts'
import { type Peer, startKafkaPeer, startKavkaPeer } from '../broker/peers.ts'
import { usageOf } from '../broker/process-usage.ts'
import { benchDecisions } from './decisions.ts'
import { Members } from './members.ts'
import { benchOffsets } from './offsets.ts'

/**
 * Beyond 10,000 members two share a connection. Kafka takes one request of a connection at a time, so
 * that members of two groups which wait for others would wait for each other: it is not asked that.
 */
const sizes = [
  { groups: 1_000, members: 10, shared: false },
  { groups: 2_000, members: 10, shared: true },
  { groups: 1, members: 1_000, shared: false },
]

/** Many members that join, rebalance and go on after their broker was killed, beside Apache Kafka's. */
export async function benchGroups(part?: string): Promise<void> {
  if (part === undefined || part === 'decisions') await benchDecisions()
  if (part === undefined || part === 'offsets') await benchOffsets()
  if (part === 'decisions' || part === 'offsets') return
  const why = whyNoKafka()
  if (why !== undefined) console.log(`without Apache Kafka beside it: ${why}\n`)
  const kavka = () =>
    startKavkaPeer({ config: { 'max.connections': '12000', 'max.connections.per.ip': '12000' } })
  // As it is by default, and as kavka is; with its own backlog of 50 it loses connections here.
  const settings = {
    'offsets.topic.num.partitions': 50,
    'group.initial.rebalance.delay.ms': 3_000,
    'socket.listen.backlog.size': 4_096,
  }
  const kafka = () => startKafkaPeer(settings)
  for (const size of sizes) {
    const starts = why !== undefined || size.shared ? [kavka] : [kavka, kafka]
    for (const start of starts) {
      const peer = await start()
      try {
        await benchSize(peer, size)
      } finally {
        await peer.stop()
      }
    }
  }
}

async function benchSize(peer: Peer, size: { groups: number; members: number }): Promise<void> {
  console.log(`${peer.name}: ${size.groups} groups of ${size.members} members`)
  await coordinatorIsThere(peer.address)
  const members = new Members(peer.address, size)
  await told(peer, 'all connect', () => members.connect())
  await told(peer, 'all join', () => members.join('a'))
  await told(peer, 'a heartbeat of each', () => members.beat())
  await told(peer, 'all say something new, and rebalance', () => members.join('b'))
  members.close()
  await told(peer, 'killed and started again, until each is heard of', async () => {
    await peer.restart()
    await members.connect()
    await members.beat()
  })
  await told(peer, 'all rebalance after that', () => members.join('c'))
  members.close()
  console.log(`  ${members.retries} tries in vain\n`)
}

async function told(peer: Peer, what: string, run: () => Promise<void>): Promise<void> {
  const before = usageOf(peer.pid)
  const began = performance.now()
  await run()
  const tookS = (performance.now() - began) / 1_000
  const { userMs, systemMs, peakMb } = usageOf(peer.pid)
  const isSame = userMs >= before.userMs // not after a restart
  const cpuMs = userMs + systemMs - (isSame ? before.userMs + before.systemMs : 0)
  const used = `${(cpuMs / 1_000).toFixed(1)} s of CPU, ${peakMb.toFixed(0)} MB at most`
  console.log(`  ${what.padEnd(52)} ${tookS.toFixed(2).padStart(6)} s, ${used}`)
}

/** It makes the topic of groups first. */
async function coordinatorIsThere(address: string): Promise<void> {
  const [host = '', port = ''] = address.split(':')
  const connection = await connect({ host, port: Number(port), clock: realClock })
  const request = { keyType: 0, coordinatorKeys: ['group-0'] }
  for (;;) {
    const { coordinators } = await connection.request('FindCoordinator', 4, request)
    if (coordinators[0]?.errorCode === 0) break
    await sleep(100)
  }
  await sleep(2_000) // for all of its partitions
  connection.close()
}
