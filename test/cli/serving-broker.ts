import type { BrokerOptions } from '../../broker/config/broker-options.ts'
import { connect } from '../../broker/net/connect.ts'
import { realClock } from '../../lib/clock.ts'
import { freePort, optionsIn, RunningBroker, temporaryFolder } from '../broker/running-broker.ts'
import { startController } from '../support/test-controller.ts'

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
