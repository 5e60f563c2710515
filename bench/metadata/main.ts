import { zstdCompressSync } from 'node:zlib'
import { applyRecords } from '../../broker/metadata/apply.ts'
import { decodeBatch, encodeBatch } from '../../broker/metadata/batch.ts'
import { emptyImage, type MetadataImage } from '../../broker/metadata/image.ts'
import { imageChanges } from '../../broker/metadata/image-changes.ts'
import { imageDigest } from '../../broker/metadata/image-digest.ts'
import { type MetadataRecord, metadataRecord } from '../../broker/metadata/records.ts'
import { readSnapshot, snapshotBatches } from '../../broker/metadata/snapshot.ts'

const topics = 10_000
const partitions = 12
const brokers = 30
const about = { baseOffset: 0, controllerEpoch: 0, timestampMs: 1_700_000_000_000 }

/** The image of 10,000 topics of 12 partitions: `node --expose-gc bench/main.ts metadata`. */
export async function benchMetadata(): Promise<void> {
  const records = manyTopics()
  const batches = chunks(records, 13_000).map((part) => encodeBatch(part, about).bytes)
  for (let round = 0; round < 3; round++) {
    time(`apply ${records.length} records, one batch`, () => applyRecords(emptyImage, records))
    time('read and apply them from 10 batches', () => readAll(batches))
  }
  const before = heap()
  const image = applyRecords(emptyImage, records)
  console.log(`the image: ${((heap() - before) / 2 ** 20).toFixed(1)} MB`)

  const ids = [...image.topics.keys()]
  const changes = ids.map((topicId, index) => {
    const leader = (index + 1) % brokers
    return metadataRecord('PartitionChangeRecord', {
      topicId,
      partitionId: 3,
      leader,
      isr: [leader],
    })
  })
  timeEach('apply a batch of one PartitionChangeRecord', changes, (record) => {
    applyRecords(image, [record])
  })
  const failover = ids.flatMap((topicId, index) =>
    index % 10 === 0
      ? Array.from({ length: partitions }, (_, partitionId) =>
          metadataRecord('PartitionChangeRecord', { topicId, partitionId, leader: 1 }),
        )
      : [],
  )
  for (let round = 0; round < 3; round++) {
    time(`apply ${changes.length} changes in as many topics, one batch`, () =>
      applyRecords(image, changes),
    )
    time(`apply ${failover.length} changes in ${topics / 10} topics, one batch`, () =>
      applyRecords(image, failover),
    )
  }

  time('digest of the image, the first', () => imageDigest(image))
  let digested: MetadataImage = image
  timeEach('digest after one more change', changes, (record) => {
    digested = applyRecords(image, [record])
    imageDigest(digested)
  })
  timeEach('what one change changed', changes, (record) => {
    imageChanges(image, applyRecords(image, [record]))
  })
  const other = readAll(batches)
  time('what changed between two images that share nothing', () => imageChanges(image, other))

  const snapshot = time('make a snapshot', () => Buffer.concat([...snapshotBatches(image, about)]))
  time('make a snapshot again', () => Buffer.concat([...snapshotBatches(image, about)]))
  time('read it', () => readSnapshot(snapshot))
  const compressed = zstdCompressSync(snapshot).length
  console.log(
    `a snapshot: ${(snapshot.length / 1e6).toFixed(2)} MB, ${(compressed / 1e6).toFixed(2)} MB by zstd`,
  )
}

function manyTopics(): MetadataRecord[] {
  const records: MetadataRecord[] = []
  for (let topic = 0; topic < topics; topic++) {
    const topicId = crypto.getRandomValues(Buffer.alloc(16)).toString('base64url')
    records.push(
      metadataRecord('TopicRecord', { name: `team-${topic % 100}.topic-${topic}`, topicId }),
    )
    for (let partitionId = 0; partitionId < partitions; partitionId++) {
      const leader = (topic + partitionId) % brokers
      const replicas = [leader, (leader + 1) % brokers, (leader + 2) % brokers]
      const lists = { replicas, isr: replicas, addingReplicas: [], removingReplicas: [] }
      const epochs = { leaderEpoch: 0, partitionEpoch: 0 }
      records.push(
        metadataRecord('PartitionRecord', { topicId, partitionId, leader, ...lists, ...epochs }),
      )
    }
  }
  return records
}

function readAll(batches: readonly Uint8Array[]): MetadataImage {
  return batches.reduce(
    (image, bytes) => applyRecords(image, decodeBatch(bytes).records),
    emptyImage,
  )
}

function chunks<T>(all: readonly T[], size: number): T[][] {
  const count = Math.ceil(all.length / size)
  return Array.from({ length: count }, (_, index) => all.slice(index * size, (index + 1) * size))
}

function time<T>(what: string, run: () => T): T {
  const started = performance.now()
  const result = run()
  console.log(`${what}: ${(performance.now() - started).toFixed(1)} ms`)
  return result
}

function timeEach<T>(what: string, values: readonly T[], run: (value: T) => void): void {
  const us: number[] = []
  for (const value of values) {
    const started = performance.now()
    run(value)
    us.push((performance.now() - started) * 1_000)
  }
  us.sort((a, b) => a - b)
  const at = (share: number) => (us[Math.floor(us.length * share)] as number).toFixed(1)
  console.log(`${what}: p50 ${at(0.5)} us, p99 ${at(0.99)} us`)
}

function heap(): number {
  gc?.()
  gc?.()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}
