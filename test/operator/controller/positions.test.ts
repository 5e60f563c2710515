import { describe, expect, test } from 'vitest'
import { type MetadataPosition, positionOf } from '../../../broker/metadata/position.ts'
import { errorCodes } from '../../../broker/protocol/generated/error-codes.ts'
import { realRandom } from '../../../lib/random.ts'
import { newUuid } from '../../../operator/controller/new-uuid.ts'
import { MemoryLog, MemoryStore } from '../../../operator/controller/store/memory-store.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { MemoryDoor } from '../../support/memory-door.ts'
import { clusterId, secret } from '../../support/test-cluster.ts'
import { startController } from '../../support/test-controller.ts'

const { NONE, NOT_CONTROLLER, INCONSISTENT_CLUSTER_ID } = errorCodes
const sessionMs = 1_500
const graceMs = 150
const tookOver = 'another controller took over'

/** A controller that takes a log over. Its time goes on as the test says. */
async function takeOver(log: MemoryLog) {
  const clock = new ManualClock()
  const door = new MemoryDoor()
  const stopped: { why: string; missing: MetadataPosition | undefined }[] = []
  const controller = await startController({
    store: new MemoryStore({ log, clock }),
    openDoor: door.open,
    clock,
    onStopped: (why, { missing }) => void stopped.push({ why, missing }),
  })
  const make = (name: string) => {
    const topic = { name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }
    const made = controller.createTopics({ topics: [topic], validateOnly: false })
    return watched(made.then(({ topics }) => topics[0]?.errorCode))
  }
  return { controller, clock, stopped, make, dial: () => door.dial(secret) }
}

type Running = Awaited<ReturnType<typeof takeOver>>

/** What has become of it so far: its value, or Kafka's name of what it failed with. */
function watched<T>(promise: Promise<T>) {
  const seen: { outcome: unknown } = { outcome: 'nothing yet' }
  promise.then(
    (value) => void (seen.outcome = value),
    (error: { code: string }) => void (seen.outcome = error.code),
  )
  return seen
}

/** A process of a broker, as any controller sees it. */
class Broker {
  readonly id: number
  readonly #incarnationId = newUuid(realRandom)
  readonly #directoryId = newUuid(realRandom)
  #epoch = -1

  constructor(id: number) {
    this.id = id
  }

  /** One that is there. */
  static async on(running: Running, id: number): Promise<Broker> {
    const broker = new Broker(id)
    expect(await broker.register(running, null)).toBe(NONE)
    expect(await broker.beat(running, null)).toMatchObject({ isFenced: false })
    return broker
  }

  /** @returns The error code of the answer. */
  async register(
    { dial }: Running,
    metadataPosition: MetadataPosition | null,
    ofCluster = clusterId,
  ): Promise<number> {
    const { errorCode, brokerEpoch } = await (await dial()).request('BrokerRegistration', 4, {
      brokerId: this.id,
      clusterId: ofCluster,
      incarnationId: this.#incarnationId,
      listeners: [{ name: 'client', host: 'b', port: 9_092, securityProtocol: 0 }],
      features: [],
      rack: null,
      logDirs: [this.#directoryId],
      metadataPosition,
    })
    this.#epoch = brokerEpoch
    return errorCode
  }

  async beat(
    { dial }: Running,
    metadataPosition: MetadataPosition | null,
    { wantShutDown = false, over = dial() } = {},
  ) {
    return (await over).request('BrokerHeartbeat', 1, {
      brokerId: this.id,
      brokerEpoch: this.#epoch,
      currentMetadataOffset: Number.MAX_SAFE_INTEGER,
      wantFence: false,
      wantShutDown,
      offlineLogDirs: [],
      metadataPosition,
    })
  }

  /** Asks for what is next in the metadata log. */
  async fetch({ dial }: Running, metadataPosition: MetadataPosition, ofCluster = clusterId) {
    const { offset: fetchOffset, epoch: lastFetchedEpoch } = metadataPosition
    const own = { partition: 0, fetchOffset, lastFetchedEpoch, partitionMaxBytes: 1_000_000 }
    return (await dial()).request('Fetch', 17, {
      clusterId: ofCluster,
      replicaState: { replicaId: this.id, replicaEpoch: this.#epoch },
      maxWaitMs: 0,
      minBytes: 1,
      topics: [{ topicId: 'AAAAAAAAAAAAAAAAAAAAAQ', partitions: [own] }],
      metadataPosition,
    })
  }
}

/** A cluster with brokers that are there, whose controller is gone. @returns Where its log ended. */
async function clusterOf(...ids: number[]) {
  const log = new MemoryLog({ clusterId })
  const running = await takeOver(log)
  const brokers = await Promise.all(ids.map((id) => Broker.on(running, id)))
  await running.controller.close()
  return { log, brokers: brokers as [Broker, ...Broker[]], end: log.position }
}

/** The log as it is now, in a backup. */
function backupOf(log: MemoryLog): MemoryLog {
  const backup = new MemoryLog({ clusterId })
  const [, ...batches] = log.read().batches
  for (const { records, timestampMs } of batches) backup.append(records, timestampMs)
  expect(backup.position).toEqual(log.position)
  return backup
}

describe('a controller that took over', () => {
  test('decides once all who are there have said where they are, and not before', async () => {
    const { log, brokers, end } = await clusterOf(1, 2)
    const second = await takeOver(log)
    const made = second.make('orders')
    await brokers[0].fetch(second, end)
    await second.clock.turn()
    expect(made.outcome).toBe('nothing yet')
    await brokers[1]?.beat(second, end)
    await second.clock.turn()
    expect(made.outcome).toBe(NONE)
  })

  test('waits no longer for one that is silent for a session, which is then fenced', async () => {
    const { log, brokers, end } = await clusterOf(1, 2)
    const second = await takeOver(log)
    const made = second.make('orders')
    await brokers[0].fetch(second, end)
    await second.clock.advance(sessionMs - 1)
    await brokers[0].beat(second, end)
    expect(made.outcome).toBe('nothing yet')
    const isFenced = () => second.controller.image.brokers.get(2)?.fenced
    expect(isFenced()).toBe(false)
    await second.clock.advance(2)
    expect(made.outcome).toBe(NONE)
    expect(isFenced()).toBe(true)
  })

  test('answers heartbeats and tells of the log meanwhile', async () => {
    const { log, brokers, end } = await clusterOf(1, 2)
    const second = await takeOver(log)
    expect(await brokers[0].beat(second, end)).toMatchObject({ errorCode: NONE, isFenced: false })
    const { responses, metadataPosition } = await brokers[0].fetch(second, end)
    expect(responses[0]?.partitions[0]?.records).not.toHaveLength(0)
    expect(metadataPosition).toEqual(log.position)
  })

  test('lets a broker stop only after that', async () => {
    const { log, brokers, end } = await clusterOf(1, 2)
    const second = await takeOver(log)
    const stop = () => brokers[0].beat(second, end, { wantShutDown: true })
    expect(await stop()).toMatchObject({ errorCode: NONE, isFenced: false, shouldShutDown: false })
    await brokers[1]?.beat(second, end)
    expect(await stop()).toMatchObject({ errorCode: NONE, isFenced: true, shouldShutDown: true })
  })

  test('has a broker that was not there wait for those that were', async () => {
    const { log, brokers, end } = await clusterOf(1)
    const second = await takeOver(log)
    const registered = watched(new Broker(3).register(second, end))
    await second.clock.turn()
    expect(registered.outcome).toBe('nothing yet')
    await brokers[0].beat(second, end)
    await second.clock.turn()
    expect(registered.outcome).toBe(NONE)
  })

  test('does not fence one that was gone and is back before it may decide', async () => {
    const { log, brokers, end } = await clusterOf(1, 2)
    const second = await takeOver(log)
    const over = second.dial()
    await brokers[0].beat(second, end, { over })
    ;(await over).close()
    await second.clock.advance(graceMs + 1)
    await brokers[0].beat(second, end)
    const seen: unknown[] = []
    second.controller.onImage(({ brokers }) => void seen.push(brokers.get(1)?.fenced))
    await brokers[1]?.beat(second, end)
    await second.clock.turn()
    expect(seen).not.toContain(true)
  })

  test('of a cluster without brokers decides at once', async () => {
    const { make, clock } = await takeOver(new MemoryLog({ clusterId }))
    const made = make('orders')
    await clock.turn()
    expect(made.outcome).toBe(errorCodes.INVALID_REPLICATION_FACTOR)
  })
})

describe('a controller that hears of what is not in its log', () => {
  test('stops, where another one took over', async () => {
    const log = new MemoryLog({ clusterId })
    const zombie = await takeOver(log)
    const broker = await Broker.on(zombie, 1)
    await takeOver(log)
    const { errorCode } = await broker.fetch(zombie, log.position)
    expect(errorCode).toBe(NOT_CONTROLLER)
    await zombie.clock.turn()
    expect(zombie.stopped).toEqual([{ why: tookOver, missing: undefined }])
    expect(await broker.beat(zombie, log.position)).toMatchObject({ errorCode: NOT_CONTROLLER })
  })

  test.each(['fetch', 'beat', 'register'] as const)(
    'stops for good where none did, and says what to do: a broker is to %s',
    async (call) => {
      const { log, brokers } = await clusterOf(1)
      const backup = backupOf(log)
      await (await takeOver(log)).controller.close()
      const told = log.position // by that one
      const third = await takeOver(backup)
      const restored = backup.position
      const made = third.make('orders')
      await brokers[0][call](third, told)
      await third.clock.turn()
      expect(third.stopped).toHaveLength(1)
      expect(third.stopped[0]).toMatchObject({
        missing: told,
        why: expect.stringMatching(/^broker 1 knows .* restored from a backup.* kavka recover$/),
      })
      expect(made.outcome).toBe('NOT_CONTROLLER')
      expect(backup.position).toEqual(restored)
    },
  )

  test('says where the log ends if that is less than a broker knows', async () => {
    const { log, brokers } = await clusterOf(1)
    const second = await takeOver(log)
    const { offset, epoch, incarnationId } = log.position
    await brokers[0].fetch(second, { ...log.position, offset: 99 })
    await second.clock.turn()
    const has = `the log ends at offset ${offset} in epoch ${epoch} (${incarnationId})`
    expect(second.stopped[0]?.why).toContain(`up to offset 99 in epoch ${epoch}`)
    expect(second.stopped[0]?.why).toContain(has)
  })

  test('says which epoch the log has there, if it has grown past what a broker knows', async () => {
    const log = new MemoryLog({ clusterId })
    const backup = backupOf(log)
    const first = await takeOver(log)
    const broker = await Broker.on(first, 1)
    const told = log.position
    const restored = await takeOver(backup)
    for (const id of [2, 3, 4]) await Broker.on(restored, id)
    expect(backup.position.offset).toBeGreaterThan(told.offset)
    expect(backup.position.epoch).toBe(told.epoch) // the number is given out again
    await broker.register(restored, told)
    await restored.clock.turn()
    const has = `the log has epoch ${told.epoch} (${backup.position.incarnationId}) there`
    expect(restored.stopped[0]?.why).toContain(has)
  })

  test('decides nothing while it cannot find out', async () => {
    const { log, brokers, end } = await clusterOf(1, 2)
    const second = await takeOver(log)
    for (const broker of brokers) await broker.beat(second, end)
    log.isOut = true
    const ahead = { ...log.position, offset: 99 }
    expect((await brokers[0].fetch(second, ahead)).errorCode).toBe(NOT_CONTROLLER)
    const made = second.make('orders')
    await second.clock.advance(10 * sessionMs)
    expect((await brokers[0].fetch(second, ahead)).errorCode).toBe(NOT_CONTROLLER)
    expect(await brokers[1]?.beat(second, end)).toMatchObject({ errorCode: NONE })
    expect([made.outcome, second.stopped]).toEqual(['nothing yet', []])
    log.isOut = false
    await second.clock.turn()
    expect(made.outcome).toBe('NOT_CONTROLLER')
    expect(second.stopped).toMatchObject([{ missing: ahead }])
  })

  test('goes on where a broker of another cluster says it', async () => {
    const { controller, stopped, ...running } = await takeOver(new MemoryLog({ clusterId }))
    const stranger = new Broker(1)
    const foreign = { offset: 99, epoch: 9, incarnationId: newUuid(realRandom) }
    const to = { controller, stopped, ...running }
    const other = newUuid(realRandom)
    expect(await stranger.register(to, foreign, other)).toBe(INCONSISTENT_CLUSTER_ID)
    expect((await stranger.fetch(to, foreign, other)).errorCode).toBe(INCONSISTENT_CLUSTER_ID)
    await running.clock.turn()
    expect(stopped).toEqual([])
    await Broker.on(to, 1)
  })

  test('knows that of a broker with nothing but the first record', async () => {
    const log = new MemoryLog({ clusterId })
    const first = log.position
    const running = await takeOver(log)
    const { errorCode, metadataPosition } = await new Broker(1).fetch(running, first)
    expect(errorCode).toBe(NONE)
    expect(metadataPosition).toEqual(positionOf(log.read().state))
  })
})
