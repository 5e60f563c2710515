import { expect, onTestFinished, test } from 'vitest'
import { type MetadataImage, topicNamed } from '../../../broker/metadata/image.ts'
import { imageDigest } from '../../../broker/metadata/image-digest.ts'
import type { ClientConnection } from '../../../broker/net/client-connection.ts'
import { dialInternal } from '../../../broker/net/dial-internal.ts'
import type { RequestOf } from '../../../broker/protocol/apis.ts'
import { realClock } from '../../../lib/clock.ts'
import { realRandom } from '../../../lib/random.ts'
import { Controller } from '../../../operator/controller/controller.ts'
import { newUuid } from '../../../operator/controller/new-uuid.ts'
import { MemoryLog, MemoryStore } from '../../../operator/controller/store/memory-store.ts'
import type { MetadataStore } from '../../../operator/controller/store/metadata-store.ts'
import { loopbackDoor } from '../../support/loopback-door.ts'
import { clusterId, secret } from '../../support/test-cluster.ts'
import { startBroker, until } from './linked-broker.ts'

const fatal = (error: unknown) => {
  throw error
}

async function startController(
  log: MemoryLog,
  port = 0,
  store: MetadataStore = new MemoryStore({ log, clock: realClock }),
): Promise<Controller> {
  const controller = await Controller.start({
    store,
    clusterId,
    secret,
    openDoor: loopbackDoor(port),
    clock: realClock,
    random: realRandom,
    log: () => {},
    onFatal: fatal,
  })
  onTestFinished(async () => void (await controller.close()))
  return controller
}

function newLog(): MemoryLog {
  return new MemoryLog({ clusterId })
}

test('a broker registers, catches up, and is told of topics that are made', async () => {
  const controller = await startController(newLog())
  const broker = startBroker(1, controller.port)
  await until(() => broker.link.notReady === undefined)
  expect(controller.image.brokers.get(1)).toMatchObject({ fenced: false })

  const answer = await broker.link.forward('CreateTopics', 7, { topics: [topicOf('orders', 3)] })
  expect(answer.topics[0]).toMatchObject({ errorCode: 0, numPartitions: 3, replicationFactor: 1 })
  await broker.link.caughtUp(5_000)
  const image = broker.images.at(-1) as MetadataImage
  const orders = topicNamed(image, 'orders')
  expect(orders?.partitions.count).toBe(3)
  expect(orders?.partitions.leader(2)).toBe(1)
  expect(imageDigest(image)).toBe(imageDigest(controller.image))
})

test('partitions are spread evenly over brokers, and one that is gone leads nothing', async () => {
  const controller = await startController(newLog())
  const brokers = [0, 1, 2].map((id) => startBroker(id, controller.port))
  await until(() => brokers.every(({ link }) => link.notReady === undefined))
  await controller.createTopics({ topics: [topicOf('orders', 9)], validateOnly: false })
  const leaders = () => {
    const { partitions } = topicNamed(controller.image, 'orders') ?? {}
    return Array.from({ length: 9 }, (_, partition) => partitions?.leader(partition) ?? -2)
  }
  expect(leaders().toSorted((a, b) => a - b)).toEqual([0, 0, 0, 1, 1, 1, 2, 2, 2])

  await brokers[1]?.link.stop()
  await until(() => !leaders().includes(1))
  expect(leaders().filter((leader) => leader === -1)).toHaveLength(3)
  expect(controller.image.brokers.get(1)).toMatchObject({ fenced: true })
})

test('a controller that takes over knows all, and brokers go on with it', async () => {
  const log = newLog()
  const first = await startController(log)
  const { port } = first
  const broker = startBroker(1, port)
  await until(() => broker.link.notReady === undefined)
  await first.createTopics({ topics: [topicOf('orders', 2)], validateOnly: false })
  const { brokerEpoch } = broker.link
  await first.close()

  const second = await startController(log, port)
  expect(topicNamed(second.image, 'orders')?.partitions.count).toBe(2)
  await until(() => second.image.brokers.get(1)?.fenced === false && broker.link.isConnected)
  expect(broker.link.brokerEpoch).toBe(brokerEpoch)
  await second.createTopics({ topics: [topicOf('more', 1)], validateOnly: false })
  await until(() => topicNamed(broker.copy.state.image, 'more') !== undefined)
})

test('a controller whose port is taken lets go of the log, for another try', async () => {
  const { port } = await startController(newLog())
  const log = newLog()
  const store = new MemoryStore({ log, clock: realClock })
  let closed = 0
  const watched: MetadataStore = {
    open: () => store.open(),
    append: (position, records) => store.append(position, records),
    snapshot: (position, image) => store.snapshot(position, image),
    isLast: () => store.isLast(),
    close: () => void closed++,
  }
  await expect(startController(log, port, watched)).rejects.toThrow(`${port}`)
  expect(closed).toBe(1)
})

test('producer ids are given out once, over brokers and controllers', async () => {
  const controller = await startController(newLog())
  const brokers = [1, 2].map((id) => startBroker(id, controller.port))
  await until(() => brokers.every(({ link }) => link.notReady === undefined))
  const ids: number[] = []
  for (let count = 0; count < 1_200; count++) {
    for (const { link } of brokers) ids.push(await link.producerIds.next())
  }
  expect(new Set(ids).size).toBe(ids.length)
})

test('a broker that crashed with nothing but the first record is told the rest', async () => {
  const controller = await startController(newLog())
  const own = { partition: 0, fetchOffset: 1, lastFetchedEpoch: 0, partitionMaxBytes: 1_000_000 }
  const topics = [{ topicId: 'AAAAAAAAAAAAAAAAAAAAAQ', partitions: [own] }]
  const answer = await controller.metadata.fetch(
    { topics, maxWaitMs: 0, replicaState: { replicaId: 1 } } as unknown as RequestOf<'Fetch'>,
    () => {},
  )
  const partition = answer.responses[0]?.partitions[0]
  expect(partition?.divergingEpoch).toBeUndefined()
  expect(partition?.records).not.toHaveLength(0)
})

test('heartbeats are answered while nobody knows what becomes of an append', async () => {
  const log = newLog()
  const controller = await startController(log)
  const broker = startBroker(1, controller.port)
  await until(() => broker.link.notReady === undefined)
  log.isOut = true
  const made = controller.createTopics({ topics: [topicOf('orders', 1)], validateOnly: false })
  const beat = {
    brokerId: 1,
    brokerEpoch: broker.link.brokerEpoch,
    currentMetadataOffset: broker.copy.position.offset - 1,
    wantFence: false,
    wantShutDown: false,
    offlineLogDirs: [],
    cordonedLogDirs: [],
    metadataPosition: broker.copy.position,
    replicaEnds: [],
  }
  expect(await controller.heartbeat(beat)).toMatchObject({ errorCode: 0, isFenced: false })
  log.isOut = false
  expect((await made).topics).toMatchObject([{ name: 'orders', errorCode: 0 }])
})

test('sessions become shorter without another controller, from the next heartbeat on', async () => {
  const controller = await startController(newLog())
  const rest = { brokerConfig: new Map(), isLeaving: () => false, rackOf: () => null }
  const said = { ...rest, disconnectGraceMs: 150 }
  controller.configure({ ...said, sessionTimeoutMs: 60_000 })
  const dialling = { clock: realClock, random: realRandom, secret, clientId: 'broker-1' }
  const connection = await dialInternal({ host: '127.0.0.1', port: controller.port }, dialling)
  onTestFinished(() => connection.close())
  const beat = await registered(connection)
  await beat()
  const before = controller.image.controller

  controller.configure({ ...said, sessionTimeoutMs: 100 })
  await beat()
  expect(controller.image.brokers.get(1)?.fenced).toBe(false)
  await until(() => controller.image.brokers.get(1)?.fenced === true)
  expect(controller.image.controller).toBe(before)
})

test('who does not have the secret of the cluster is refused', async () => {
  const controller = await startController(newLog())
  const stranger = startBroker(1, controller.port, { own: new Uint8Array(32).fill(8) })
  await until(() => stranger.said.length > 0)
  expect(stranger.said[0]).toContain('does not have the secret of this cluster')
  expect(controller.image.brokers.get(1)).toBeUndefined()
})

test('a topic that cannot be made says why, and keeps no other from being made', async () => {
  const controller = await startController(newLog())
  const broker = startBroker(1, controller.port)
  await until(() => broker.link.notReady === undefined)
  const topics = [
    topicOf('good', 1),
    topicOf('bad name', 1),
    topicOf('good', 1),
    { ...topicOf('three', 1), replicationFactor: 3 },
    topicOf('none', 0),
    { ...topicOf('config', 1), configs: [{ name: 'retention.m', value: '1' }] },
    topicOf('a.b', 1),
    topicOf('a_b', 1),
  ]
  const answer = await controller.createTopics({ topics, validateOnly: false })
  expect(answer.topics.map(({ name, errorCode }) => [name, errorCode])).toEqual([
    ['good', 42], // asked for twice
    ['bad name', 17],
    ['three', 38],
    ['none', 37],
    ['config', 40],
    ['a.b', 0],
    ['a_b', 17],
  ])
  expect(answer.topics[2]?.errorMessage).toContain('cannot be reached because only')
  const again = await controller.createTopics({ topics: [topicOf('a.b', 1)], validateOnly: false })
  expect(again.topics[0]?.errorCode).toBe(36)
  const deleted = await controller.deleteTopics({ topics: [], topicNames: ['a.b', 'nobody'] })
  expect(deleted.responses.map(({ errorCode }) => errorCode)).toEqual([0, 3])
  expect(topicNamed(controller.image, 'a.b')).toBeUndefined()
})

/** Registers broker 1. @returns Says that it is there, and has caught up. */
async function registered(connection: ClientConnection) {
  const incarnationId = newUuid(realRandom)
  const listeners = [{ name: 'client', host: 'b', port: 9_092, securityProtocol: 0 }]
  const registration = { brokerId: 1, clusterId, incarnationId, listeners, features: [] }
  const own = { ...registration, rack: null, logDirs: [newUuid(realRandom)] }
  const { brokerEpoch } = await connection.request('BrokerRegistration', 4, own)
  const currentMetadataOffset = Number.MAX_SAFE_INTEGER
  const beat = { brokerId: 1, brokerEpoch, currentMetadataOffset, offlineLogDirs: [] }
  return async (over = connection) => {
    await over.request('BrokerHeartbeat', 1, { ...beat, wantFence: false, wantShutDown: false })
  }
}

function topicOf(name: string, numPartitions: number) {
  return { name, numPartitions, replicationFactor: 1, assignments: [], configs: [] }
}
