import { expect, onTestFinished, test } from 'vitest'
import { startBroker } from '../../broker/broker.ts'
import type { BrokerOptions } from '../../broker/config/broker-options.ts'
import { topicNamed } from '../../broker/metadata/image.ts'
import { connect } from '../../broker/net/connect.ts'
import { serveClients } from '../../broker/serve-clients.ts'
import { realClock } from '../../lib/clock.ts'
import { diskRoom } from '../../lib/disk-room.ts'
import { groundOf } from '../../lib/ground.ts'
import { acquireLock } from '../../lib/kernel-lock.ts'
import { silentLogger } from '../../lib/logger.ts'
import { lookupAll } from '../../lib/lookup-all.ts'
import { realRandom } from '../../lib/random.ts'
import { realFiles } from '../../lib/real-files.ts'
import type { Controller } from '../../operator/controller/controller.ts'
import { secret } from '../support/test-cluster.ts'
import { startController } from '../support/test-controller.ts'
import { until } from './net/support.ts'
import { optionsIn, produce, RunningBroker, temporaryFolder } from './running-broker.ts'

const long = { timeout: 30_000 }
/** Elsewhere than on Linux nobody knows whether the machine has booted since. */
const isKnown = groundOf('/') !== undefined

test.runIf(isKnown)(
  'a broker that is killed keeps what it led, and is known to have all of it',
  long,
  async () => {
    const { controller, again } = await writtenAndLeft('SIGKILL')
    const before = partitionOf(controller)
    const second = again()
    await second.ready()
    const after = partitionOf(controller)
    expect(after).toMatchObject({ leader: 3, isr: [3], leaderRecoveryState: 'RECOVERED' })
    expect(after.leaderEpoch).toBeGreaterThan(before.leaderEpoch)
    await second.said('it crashed: all that it wrote is there')
  },
)

test('a broker that is stopped in order does too', long, async () => {
  const { controller, again } = await writtenAndLeft('SIGTERM')
  const second = again()
  await second.ready()
  expect(partitionOf(controller)).toMatchObject({ leader: 3, leaderRecoveryState: 'RECOVERED' })
  await second.said('it was stopped in order')
})

test(
  'one that may have lost something leads again what nobody else has, as one that may lack some',
  long,
  async () => {
    const { controller, options } = await writtenAndLeft('SIGKILL')
    const before = partitionOf(controller)
    const ground = (path: string) => ({ bootId: 'another', device: groundOf(path)?.device ?? '1' })
    const second = await startHere(options, ground)
    await until(() => second.notReady === undefined, 'ready')
    expect(partitionOf(controller)).toMatchObject({
      leader: 3,
      isr: [3],
      leaderRecoveryState: 'RECOVERING',
    })
    expect(partitionOf(controller).leaderEpoch).toBeGreaterThan(before.leaderEpoch)
    const connection = await connect({ host: '127.0.0.1', port: second.port, clock: realClock })
    onTestFinished(() => connection.close())
    expect(await produce(connection, 'orders', 0)).toMatchObject({ errorCode: 0 })
  },
)

/** A broker of its own process that led a topic of one replica, wrote to it and is gone. */
async function writtenAndLeft(signal: 'SIGKILL' | 'SIGTERM') {
  const controller = await startController()
  const folder = temporaryFolder()
  const options = optionsIn(folder, { host: '127.0.0.1', port: controller.port })
  const again = () => RunningBroker.start(folder, options, 'shipped')
  const broker = again()
  await broker.ready()
  const connection = await broker.connect()
  const topic = { name: 'orders', numPartitions: 1, replicationFactor: 1 }
  const request = { topics: [{ ...topic, assignments: [], configs: [] }], timeoutMs: 5_000 }
  await connection.request('CreateTopics', 7, { ...request, validateOnly: false })
  await until(() => controller.image.topics.size === 1, 'made')
  while ((await produce(connection, 'orders', 0)).errorCode !== 0); // until it has heard of it
  connection.close()
  broker.kill(signal)
  await broker.exit()
  return { controller, options, again }
}

async function startHere(
  options: BrokerOptions,
  ground: (path: string) => { bootId: string; device: string },
) {
  const broker = await startBroker(options, {
    files: realFiles,
    clock: realClock,
    random: realRandom,
    log: silentLogger,
    secret,
    lock: (path) => acquireLock(path, { waitMs: 5_000, clock: realClock, describe: 'a test' }),
    makeServing: serveClients,
    onFatal(error) {
      throw error
    },
    lookup: lookupAll,
    diskRoom,
    ground,
    onMustStop() {},
  })
  onTestFinished(async () => void (await broker.stop()))
  return broker
}

function partitionOf({ image }: Controller) {
  const topic = topicNamed(image, 'orders')
  if (topic === undefined) throw new Error('there is no topic')
  return topic.partitions.at(0)
}
