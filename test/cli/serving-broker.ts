import { onTestFinished } from 'vitest'
import type { BrokerOptions } from '../../broker/config/broker-options.ts'
import { connect } from '../../broker/net/connect.ts'
import { realClock } from '../../lib/clock.ts'
import { realRandom } from '../../lib/random.ts'
import { Controller } from '../../operator/controller/controller.ts'
import { MemoryLog, MemoryStore } from '../../operator/controller/store/memory-store.ts'
import { freePort, optionsIn, RunningBroker, temporaryFolder } from '../broker/running-broker.ts'
import { clusterId, secret } from '../support/fake-controller.ts'
import { loopbackDoor } from '../support/loopback-door.ts'

/** A controller and a broker process, gone at the end of the test. */
export class ServingBroker {
  readonly bootstrap: string
  private readonly port: number
  private readonly start: () => RunningBroker
  private broker: RunningBroker

  private constructor(port: number, start: () => RunningBroker) {
    this.port = port
    this.bootstrap = `localhost:${port}`
    this.start = start
    this.broker = start()
  }

  static async start(more: Partial<BrokerOptions> = {}): Promise<ServingBroker> {
    const controller = await startController()
    const folder = temporaryFolder()
    const port = await freePort()
    const client = { host: '127.0.0.1', port, advertisedHost: 'localhost', advertisedPort: 0 }
    const options = optionsIn(folder, { host: '127.0.0.1', port: controller.port }, more)
    const listeners = { ...options.listeners, client }
    const serving = new ServingBroker(port, () =>
      RunningBroker.start(folder, { ...options, listeners }, 'shipped'),
    )
    await serving.broker.ready()
    return serving
  }

  async createTopic(name: string, numPartitions: number): Promise<void> {
    const connection = await connect({ host: '127.0.0.1', port: this.port, clock: realClock })
    const topic = { name, numPartitions, replicationFactor: 1, assignments: [], configs: [] }
    await connection.request('CreateTopics', 7, { topics: [topic], timeoutMs: 10_000 })
    connection.close()
  }

  async restart(signal: NodeJS.Signals): Promise<void> {
    this.broker.kill(signal)
    await this.broker.exit()
    this.broker = this.start()
    await this.broker.ready()
  }
}

async function startController(): Promise<Controller> {
  const controller = await Controller.start({
    store: new MemoryStore({ log: new MemoryLog({ clusterId }), clock: realClock }),
    clusterId,
    secret,
    openDoor: loopbackDoor(),
    clock: realClock,
    random: realRandom,
    log: () => {},
    onFatal: (error) => {
      throw error
    },
  })
  onTestFinished(async () => void (await controller.close()))
  return controller
}
