import { applyRecords } from '../../broker/metadata/apply.ts'
import { emptyImage, type MetadataImage } from '../../broker/metadata/image.ts'
import { type MetadataRecord, metadataRecord } from '../../broker/metadata/records.ts'
import { fenceBrokers, unfence } from '../../operator/controller/decide/fencing.ts'
import { place } from '../../operator/controller/decide/placement.ts'

const brokers = 100
const racks = 3
const topics = 2_000
const partitionsOfEach = 50
const brokerConfig = new Map([['min.insync.replicas', '2']])

/** What it takes to decide about 100 brokers with 100,000 partitions of three replicas. */
export async function benchController(): Promise<void> {
  const places = Array.from({ length: brokers }, (_, id) => ({ id, rack: `rack-${id % racks}` }))
  const count = topics * partitionsOfEach
  const noLoads = { leaders: new Map(), replicas: new Map() }
  const about = { count, replicationFactor: 3, places }
  const placed = timed(`place ${count} partitions`, () => place(about, noLoads, chance(1)))
  const image = filled(placed)
  for (let id = 0; id < 5; id++) {
    const gone = [{ brokerId: id, incarnationId: uuid(id + 1) }]
    const fenced = timed('fence a broker', () => fenceBrokers(image, gone, brokerConfig))
    const after = timed(`apply its ${fenced.length} records`, () => applyRecords(image, fenced))
    const broker = after.brokers.get(id)
    if (broker !== undefined) timed('unfence it', () => unfence(after, broker, brokerConfig))
  }
}

function filled(placed: readonly number[][]): MetadataImage {
  let image = applyRecords(
    emptyImage,
    Array.from({ length: brokers }, (_, id) => registered(id)),
  )
  for (let topic = 0; topic < topics; topic++) {
    const topicId = uuid(1_000 + topic)
    const first = topic * partitionsOfEach
    const own = placed.slice(first, first + partitionsOfEach)
    image = applyRecords(image, [
      metadataRecord('TopicRecord', { name: `topic-${topic}`, topicId }),
      ...own.map((replicas, partitionId) => partition(topicId, partitionId, replicas)),
    ])
  }
  return image
}

function registered(id: number): MetadataRecord {
  return metadataRecord('RegisterBrokerRecord', {
    brokerId: id,
    brokerEpoch: 100 + id,
    incarnationId: uuid(id + 1),
    endPoints: [],
    features: [],
    rack: `rack-${id % racks}`,
    fenced: false,
  })
}

function partition(topicId: string, partitionId: number, replicas: number[]): MetadataRecord {
  return metadataRecord('PartitionRecord', {
    topicId,
    partitionId,
    replicas,
    isr: replicas,
    addingReplicas: [],
    removingReplicas: [],
    leader: replicas[0] ?? -1,
    leaderEpoch: 0,
    partitionEpoch: 0,
  })
}

function timed<T>(what: string, run: () => T): T {
  const began = process.cpuUsage()
  const result = run()
  const { user, system } = process.cpuUsage(began)
  console.log(`${what.padEnd(32)} ${((user + system) / 1_000).toFixed(0).padStart(6)} ms of CPU`)
  return result
}

function uuid(number: number): string {
  return Buffer.from(number.toString(16).padStart(32, '0'), 'hex').toString('base64url')
}

/** Park and Miller's. */
function chance(seed: number) {
  let state = seed
  return {
    below(below: number) {
      state = (state * 48_271) % 2_147_483_647
      return state % below
    },
  }
}
