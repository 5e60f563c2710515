import { expect, test } from 'vitest'
import { topicNamed } from '../../../broker/metadata/image.ts'
import { errorCodes } from '../../../broker/protocol/generated/error-codes.ts'
import { realRandom } from '../../../lib/random.ts'
import { newUuid } from '../../../operator/controller/new-uuid.ts'
import { MemoryLog, MemoryStore } from '../../../operator/controller/store/memory-store.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { type MemoryConnection, MemoryDoor } from '../../support/memory-door.ts'
import { clusterId, secret } from '../../support/test-cluster.ts'
import { startController } from '../../support/test-controller.ts'

const graceMs = 150
const sessionMs = 1_500
const directoryIds = Array.from({ length: 4 }, () => newUuid(realRandom))

/** A controller whose time goes on as the test says. */
async function startWatched({ appendMs = (): number => 0 } = {}) {
  const hung: string[] = []
  const clock = new ManualClock()
  const door = new MemoryDoor()
  const fault = () => ({ delayMs: appendMs() })
  const store = new MemoryStore({ log: new MemoryLog({ clusterId }), clock, fault })
  const controller = await startController({
    store,
    openDoor: door.open,
    clock,
    // Whoever kills it may rely on that: nobody is told any more that it leads.
    onHung: ({ brokerId, incarnationId }) => {
      const isFenced = controller.image.brokers.get(brokerId)?.fenced
      hung.push(`${brokerId} ${incarnationId} ${isFenced ? 'fenced' : 'serving'}`)
    },
  })
  return {
    clock,
    controller,
    hung,
    dial: () => door.dial(secret),
    isFenced: (brokerId: number) => controller.image.brokers.get(brokerId)?.fenced,
  }
}

type Started = Awaited<ReturnType<typeof startWatched>>

/** A process of a broker, as far as its controller sees it. */
class BrokerProcess {
  readonly id: number
  readonly incarnationId = newUuid(realRandom)
  connection: MemoryConnection
  #epoch = -1

  constructor(id: number, connection: MemoryConnection) {
    this.id = id
    this.connection = connection
  }

  static async start({ dial }: Started, id: number): Promise<BrokerProcess> {
    const broker = new BrokerProcess(id, await dial())
    expect(await broker.register()).toBe(0)
    await broker.beat()
    return broker
  }

  async register(): Promise<number> {
    const { errorCode, brokerEpoch } = await this.connection.request('BrokerRegistration', 4, {
      brokerId: this.id,
      clusterId,
      incarnationId: this.incarnationId,
      listeners: [{ name: 'client', host: 'b', port: 9_092, securityProtocol: 0 }],
      features: [],
      rack: null,
      logDirs: [directoryIds[this.id] ?? ''],
    })
    this.#epoch = brokerEpoch
    return errorCode
  }

  async beat({ wantShutDown = false } = {}): Promise<void> {
    const { errorCode } = await this.connection.request('BrokerHeartbeat', 1, {
      brokerId: this.id,
      brokerEpoch: this.#epoch,
      currentMetadataOffset: Number.MAX_SAFE_INTEGER,
      wantFence: false,
      wantShutDown,
      offlineLogDirs: [],
    })
    expect(errorCode).toBe(0)
  }
}

test('a broker that dials anew within the grace was never gone', async () => {
  const started = await startWatched()
  const { controller, clock, dial, isFenced } = started
  const broker = await BrokerProcess.start(started, 1)
  const seen: unknown[] = []
  controller.onImage(() => seen.push(isFenced(1)))
  broker.connection.close()
  await clock.advance(graceMs - 1)
  broker.connection = await dial()
  await broker.beat()
  await clock.advance(sessionMs - 1)
  expect(seen).toEqual([])
})

test('a broker that does not is fenced, and what it led has no leader', async () => {
  const started = await startWatched()
  const { controller, clock, isFenced } = started
  const broker = await BrokerProcess.start(started, 1)
  const topic = { name: 'orders', numPartitions: 1, replicationFactor: 1 }
  const topics = [{ ...topic, assignments: [], configs: [] }]
  await controller.createTopics({ topics, validateOnly: false })
  broker.connection.close()
  await clock.advance(graceMs - 1)
  expect(isFenced(1)).toBe(false)
  await clock.advance(2)
  expect(isFenced(1)).toBe(true)
  expect(topicNamed(controller.image, 'orders')?.partitions.leader(0)).toBe(-1)
})

test('a broker that has dialled anew is not gone when its old connection closes', async () => {
  const started = await startWatched()
  const { clock, dial, isFenced } = started
  const broker = await BrokerProcess.start(started, 1)
  const old = broker.connection
  broker.connection = await dial()
  await broker.beat()
  old.close()
  await clock.advance(sessionMs - 1)
  expect(isFenced(1)).toBe(false)
  await broker.beat()
  broker.connection.close()
  await clock.advance(graceMs + 1)
  expect(isFenced(1)).toBe(true)
})

test('a broker whose process is known to be dead is fenced at once', async () => {
  const started = await startWatched()
  const { controller, clock, isFenced } = started
  const broker = await BrokerProcess.start(started, 1)
  broker.connection.close()
  controller.brokerGone(1, broker.incarnationId, 'its process ended')
  await clock.turn()
  expect(isFenced(1)).toBe(true)
})

test('a process that hangs is told of once it is fenced', async () => {
  const started = await startWatched()
  const { clock, hung, isFenced } = started
  const one = await BrokerProcess.start(started, 1)
  const two = await BrokerProcess.start(started, 2)
  await clock.advance(1_000)
  await two.beat()
  expect(hung).toEqual([])
  await clock.advance(502)
  expect(isFenced(1)).toBe(true)
  expect(hung).toEqual([`1 ${one.incarnationId} fenced`])
})

test('one that is heard while it is being fenced does not hang', async () => {
  let appendMs = 0
  const started = await startWatched({ appendMs: () => appendMs })
  const { clock, hung, isFenced } = started
  const one = await BrokerProcess.start(started, 1)
  const two = await BrokerProcess.start(started, 2)
  await clock.advance(1_000)
  await two.beat()
  appendMs = 50
  await clock.advance(520)
  await one.beat()
  await clock.advance(50)
  expect(isFenced(1)).toBe(true)
  expect(hung).toEqual([])
})

test('nor does one whose connection is lost', async () => {
  const started = await startWatched()
  const { clock, hung, isFenced } = started
  const one = await BrokerProcess.start(started, 1)
  const two = await BrokerProcess.start(started, 2)
  one.connection.close()
  await clock.advance(1_000)
  await two.beat()
  expect(isFenced(1)).toBe(true)
  expect(hung).toEqual([])
})

test('brokers that lose their connections together are fenced only where they stay silent', async () => {
  const started = await startWatched()
  const { clock, dial, isFenced } = started
  const one = await BrokerProcess.start(started, 1)
  const two = await BrokerProcess.start(started, 2)
  one.connection.close()
  two.connection.close()
  await clock.advance(sessionMs - 1)
  expect([isFenced(1), isFenced(2)]).toEqual([false, false])
  two.connection = await dial()
  await two.beat()
  await clock.advance(2)
  expect([isFenced(1), isFenced(2)]).toEqual([true, false])
})

test('a broker that stops in order says nothing of the next one that is lost', async () => {
  const started = await startWatched()
  const { clock, isFenced } = started
  const stops = await BrokerProcess.start(started, 1)
  const dies = await BrokerProcess.start(started, 2)
  await stops.beat({ wantShutDown: true })
  stops.connection.close()
  dies.connection.close()
  await clock.advance(graceMs + 1)
  expect(isFenced(2)).toBe(true)
})

test('another process of a broker has to wait while the first one is there', async () => {
  const started = await startWatched()
  const { dial } = started
  await BrokerProcess.start(started, 1)
  const next = new BrokerProcess(1, await dial())
  expect(await next.register()).toBe(errorCodes.DUPLICATE_BROKER_REGISTRATION)
})

test('another process of a broker whose connection is lost is taken in at once, and leads in a new epoch', async () => {
  const started = await startWatched()
  const { controller, clock, isFenced } = started
  const first = await BrokerProcess.start(started, 1)
  const topic = { name: 'orders', numPartitions: 1, replicationFactor: 1 }
  const topics = [{ ...topic, assignments: [], configs: [] }]
  await controller.createTopics({ topics, validateOnly: false })
  const partition = () => topicNamed(controller.image, 'orders')?.partitions.at(0)
  const { leaderEpoch = -1 } = partition() ?? {}
  first.connection.close()
  await BrokerProcess.start(started, 1)
  expect(partition()?.leader).toBe(1)
  expect(partition()?.leaderEpoch).toBeGreaterThan(leaderEpoch)
  await clock.advance(sessionMs - 1) // the grace was the first one's
  expect(isFenced(1)).toBe(false)
})

test('a process that was registered after its connection was lost keeps no other waiting', async () => {
  let appendMs = 0
  const started = await startWatched({ appendMs: () => appendMs })
  const { clock, dial } = started
  const gone = new BrokerProcess(1, await dial())
  appendMs = 50
  void gone.register()
  gone.connection.close()
  await clock.advance(50)
  appendMs = 0
  const next = new BrokerProcess(1, await dial())
  expect(await next.register()).toBe(0)
})

test('a process that registered twice, since its first connection was lost, is there', async () => {
  let appendMs = 0
  const started = await startWatched({ appendMs: () => appendMs })
  const { clock, dial, isFenced } = started
  const broker = new BrokerProcess(1, await dial())
  appendMs = 50
  void broker.register()
  broker.connection.close()
  broker.connection = await dial()
  const registered = broker.register()
  await clock.advance(100)
  appendMs = 0
  expect(await registered).toBe(0)
  await broker.beat()
  await clock.advance(sessionMs - 1)
  expect(isFenced(1)).toBe(false)
})

test('connections that end with the controller are nobody’s loss', async () => {
  const started = await startWatched()
  const { controller, clock } = started
  const broker = await BrokerProcess.start(started, 1)
  await controller.close()
  const before = controller.image
  broker.connection.close()
  await clock.advance(10_000)
  expect(controller.image).toBe(before)
  expect(clock.pending).toBe(0)
})
