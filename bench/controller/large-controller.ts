import { encodeBatch } from '../../broker/metadata/batch.ts'
import { metadataTopicId } from '../../broker/metadata/metadata-topic.ts'
import { applyBatch, emptyState, positionAfter } from '../../broker/metadata/position.ts'
import { snapshotBatches } from '../../broker/metadata/snapshot.ts'
import type { RequestOf } from '../../broker/protocol/apis.ts'
import { zeroUuid } from '../../broker/protocol/codec/uuid.ts'
import { realClock } from '../../lib/clock.ts'
import { realRandom } from '../../lib/random.ts'
import { Controller } from '../../operator/controller/controller.ts'
import { newUuid } from '../../operator/controller/new-uuid.ts'
import { firstBatch } from '../../operator/controller/store/birth.ts'
import type { MetadataStore } from '../../operator/controller/store/metadata-store.ts'

const clusterId = 'AAAAAAAAAAAAAAAAAAAAAQ'
const brokers = 100
const racks = 3
const topics = 10_000
const topicsPerRequest = 100
const partitionsOfEach = 12
/** Brokers that are gone for a moment. */
const gone = 5
/** One ISR in so many changes. */
const isrShare = 5

let aheadMs = 0

/** What happens to a controller of 120,000 partitions. Told is each thing that was done. */
export async function* lifeOfLargeController(): AsyncGenerator<string> {
  const store = forgetfulStore()
  const controller = await startController(store)
  for (let brokerId = 0; brokerId < brokers; brokerId++) await register(controller, brokerId)
  for (let first = 0; first < topics; first += topicsPerRequest) await create(controller, first)
  yield `${brokers} brokers, ${topics * partitionsOfEach} partitions`

  for (let brokerId = 0; brokerId < gone; brokerId++) {
    end(controller, brokerId)
    while (controller.image.brokers.get(brokerId)?.fenced === false) await realClock.turn()
    await beat(controller, brokerId)
  }
  for (let brokerId = 0; brokerId < brokers; brokerId++) await changeIsr(controller, brokerId, 2)
  for (let brokerId = 0; brokerId < brokers; brokerId++) await changeIsr(controller, brokerId, 3)
  yield `${gone} of them fenced and unfenced, every ${isrShare}th ISR shrunk and grown`

  await controller.metadata.fetch(fetchFrom(0), () => {})
  yield 'a new broker was given a snapshot'
  aheadMs = 61_000
  await controller.metadata.fetch(fetchFrom(1), () => {}) // who asks is told of no snapshot
  yield 'a minute later'
  store.isAway = true
  for (let brokerId = 0; brokerId < gone; brokerId++) end(controller, brokerId)
  yield `${gone} brokers are to be fenced, and the store is away`
  await controller.close()
}

function startController(store: MetadataStore): Promise<Controller> {
  return Controller.start({
    store,
    clusterId,
    secret: new Uint8Array(32),
    openDoor: async () => ({ port: 0, close: async () => undefined }),
    clock: { ...realClock, monotonicMs: () => realClock.monotonicMs() + aheadMs },
    random: realRandom,
    log: () => {},
    onFatal(error) {
      throw error
    },
    sessionTimeoutMs: 3_600_000, // nobody beats while this process is busy
    rackOf: (brokerId) => `rack-${brokerId % racks}`,
  })
}

/** Keeps nothing: what is on a disk or in etcd is not memory of the controller. */
function forgetfulStore(): MetadataStore & { isAway: boolean } {
  const first = firstBatch(clusterId, 0)
  return {
    isAway: false,
    async open() {
      const state = applyBatch(emptyState, first)
      return { snapshot: emptyState, snapshotBytes: 0, batches: [first], state }
    },
    async append(at, records) {
      if (this.isAway) return new Promise(() => {})
      const position = positionAfter(at, records)
      const about = { baseOffset: at.offset, controllerEpoch: position.epoch }
      const batch = encodeBatch(records, { ...about, timestampMs: realClock.nowMs() })
      return { type: 'appended', batch, position }
    },
    async snapshot(_, image) {
      let snapshotBytes = 0
      for (const bytes of snapshotBatches(image, { timestampMs: 0 })) {
        snapshotBytes += bytes.length
        await realClock.turn()
      }
      return { type: 'taken', snapshotBytes }
    },
    isLast: async () => true,
    close() {},
  }
}

/** As brokers are: of two listeners, with all that they say of themselves. */
async function register(controller: Controller, brokerId: number): Promise<void> {
  const host = `kafka-${brokerId}.kafka-brokers.default.svc.cluster.local`
  await controller.registerBroker({
    brokerId,
    clusterId,
    incarnationId: newUuid(realRandom),
    listeners: ['client', 'internal'].map((name, index) => {
      return { name, host, port: 9092 + index, securityProtocol: 0 }
    }),
    features: [{ name: 'metadata.version', minSupportedVersion: 7, maxSupportedVersion: 29 }],
    rack: null,
    isMigratingZkBroker: false,
    logDirs: [newUuid(realRandom)],
    previousBrokerEpoch: -1,
    isCacheKept: true,
    metadataPosition: null,
  })
  await beat(controller, brokerId)
}

async function beat(controller: Controller, brokerId: number): Promise<void> {
  await controller.heartbeat({
    brokerId,
    brokerEpoch: epochOf(controller, brokerId),
    currentMetadataOffset: Number.MAX_SAFE_INTEGER,
    wantFence: false,
    wantShutDown: false,
    offlineLogDirs: [],
    cordonedLogDirs: null,
    metadataPosition: null,
    replicaEnds: [],
  })
}

async function create(controller: Controller, first: number): Promise<void> {
  const { topics } = await controller.createTopics({
    topics: Array.from({ length: topicsPerRequest }, (_, index) => ({
      name: `team-${(first + index) % 100}.topic-${first + index}`,
      numPartitions: partitionsOfEach,
      replicationFactor: 3,
      assignments: [],
      configs: [],
    })),
    validateOnly: false,
  })
  const refused = topics.find(({ errorCode }) => errorCode !== 0)
  if (refused !== undefined) throw new Error(`${refused.name}: ${refused.errorMessage}`)
}

function end(controller: Controller, brokerId: number): void {
  const { incarnationId = '' } = controller.image.brokers.get(brokerId) ?? {}
  controller.brokerGone(brokerId, incarnationId, 'for the bench')
}

/** Of some partitions that a broker leads as many as that are in sync. */
async function changeIsr(controller: Controller, brokerId: number, size: number): Promise<void> {
  const asked = [...controller.image.topics.values()].map(
    ({ id: topicId, partitions }, number) => ({
      topicId,
      partitions: Array.from({ length: partitions.count }, (_, index) => index)
        .filter((index) => (number + index) % isrShare === 0)
        .filter((index) => partitions.leader(index) === brokerId)
        .map((partitionIndex) => {
          const { leader, replicas, leaderEpoch, partitionEpoch } = partitions.at(partitionIndex)
          const others = replicas.filter((id) => id !== leader)
          return {
            partitionIndex,
            leaderEpoch,
            partitionEpoch,
            leaderRecoveryState: 0,
            newIsr: [],
            newIsrWithEpochs: [leader, ...others].slice(0, size).map((id) => {
              return { brokerId: id, brokerEpoch: epochOf(controller, id) }
            }),
          }
        }),
    }),
  )
  const answer = await controller.alterPartition({
    brokerId,
    brokerEpoch: epochOf(controller, brokerId),
    topics: asked.filter(({ partitions }) => partitions.length > 0),
  })
  const answers = answer.topics.flatMap(({ partitions }) => partitions)
  if (answers.some(({ isr, errorCode }) => errorCode !== 0 || isr.length !== size)) {
    throw new Error(`an ISR of broker ${brokerId} did not change to ${size}`)
  }
}

function epochOf(controller: Controller, brokerId: number): number {
  return controller.image.brokers.get(brokerId)?.epoch ?? -1
}

function fetchFrom(fetchOffset: number): RequestOf<'Fetch'> {
  return {
    clusterId: null,
    replicaId: -1,
    replicaState: { replicaId: 0, replicaEpoch: -1 },
    maxWaitMs: 0,
    minBytes: 1,
    maxBytes: 8 * 1024 * 1024,
    isolationLevel: 0,
    sessionId: 0,
    sessionEpoch: -1,
    topics: [
      {
        topic: '',
        topicId: metadataTopicId,
        partitions: [
          {
            partition: 0,
            currentLeaderEpoch: -1,
            fetchOffset,
            lastFetchedEpoch: -1,
            logStartOffset: -1,
            partitionMaxBytes: 8 * 1024 * 1024,
            replicaDirectoryId: zeroUuid,
            highWatermark: 0n,
          },
        ],
      },
    ],
    forgottenTopicsData: [],
    rackId: '',
  }
}
