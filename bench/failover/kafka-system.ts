import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type RealKafka, startKafka } from '../../scripts/kafka/broker.ts'
import { brokerCount, type System } from './system.ts'

/**
 * Apache Kafka 4.3.1 with its own defaults: three brokers, and a controller by itself, so that no quorum
 * is lost with a broker.
 */
export async function startKafkaSystem(): Promise<System> {
  const folder = mkdtempSync(join(tmpdir(), 'kafka-failover-'))
  const nodes = new Map<number, RealKafka>()
  const start = async (nodeId: number, own: Parameters<typeof startKafka>[2]) => {
    const node = await startKafka(join(folder, `${nodeId}`), {}, { nodeId, patienceMs, ...own })
    nodes.set(nodeId, node)
    return node
  }
  const stop = async () => {
    for (const node of nodes.values()) await node.stop('kill')
    rmSync(folder, { recursive: true, force: true })
  }
  const brokers: [number, RealKafka][] = []
  try {
    const { voters } = await start(controllerId, { role: 'controller', heap: '256m' })
    for (let id = 1; id <= brokerCount; id++) {
      brokers.push([id, await start(id, { role: 'broker', voters })])
    }
  } catch (error) {
    await stop()
    throw error
  }
  const restart = async (nodeId: number, how: 'in order' | 'kill') => {
    const node = nodes.get(nodeId)
    await node?.stop(how)
    if (node !== undefined) nodes.set(nodeId, await node.startAgain())
  }
  return {
    bootstrapServers: brokers.map(([, broker]) => broker.bootstrapServers).join(),
    addresses: new Map(brokers.map(([id, broker]) => [id, addressOf(broker)])),
    pidOf: async (brokerId) => nodes.get(brokerId)?.pid as number,
    restartBroker: (id, signal) => restart(id, signal === 'SIGKILL' ? 'kill' : 'in order'),
    backAgain: (id) => restart(id, 'kill'),
    restartController: () => restart(controllerId, 'kill'),
    stop,
  }
}

function addressOf({ bootstrapServers }: RealKafka) {
  const [host = '', port] = bootstrapServers.split(':')
  return { host, port: Number(port) }
}

/** A name for it that no broker has. */
const controllerId = 100
/** A machine of two cores starts four of them. */
const patienceMs = 60_000
