import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type RealKafka, startKafka } from '../../scripts/kafka/broker.ts'
import { startKavkaBrokers } from '../broker/peers.ts'

/** Three brokers that replicate. */
export type Brokers = {
  readonly name: string
  /** Of one of them. */
  readonly address: string
  readonly pids: readonly number[]
  stop(): Promise<void>
}

export async function startKavka(): Promise<Brokers> {
  const [brokers, stop] = await startKavkaBrokers(3)
  const address = brokers[0]?.address ?? ''
  return { name: 'kavka', address, pids: brokers.map(({ pid }) => pid), stop }
}

/** Apache Kafka 4.3.1, with heaps of 1 GB as by its own default; the controller does not count. */
export async function startThreeKafkas(): Promise<Brokers> {
  const folder = mkdtempSync(join(tmpdir(), 'kafka-bench-'))
  const nodes: RealKafka[] = []
  const start = async (nodeId: number, own: Parameters<typeof startKafka>[2]) => {
    const node = await startKafka(join(folder, `${nodeId}`), {}, { nodeId, patienceMs, ...own })
    nodes.push(node)
    return node
  }
  const { voters } = await start(100, { role: 'controller', heap: '256m' })
  const brokers: RealKafka[] = []
  for (const id of [1, 2, 3]) brokers.push(await start(id, { role: 'broker', voters, heap: '1g' }))
  return {
    name: 'Kafka',
    address: brokers[0]?.bootstrapServers ?? '',
    pids: brokers.map(({ pid }) => pid),
    async stop() {
      for (const node of nodes) await node.stop('kill')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const patienceMs = 60_000
