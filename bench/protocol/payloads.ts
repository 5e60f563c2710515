import type { ResponseInputOf } from '../../broker/protocol/apis.ts'
import { encode } from '../../broker/protocol/codec/codec.ts'
import type { InputOf, Message } from '../../broker/protocol/schema/message.ts'
import { toBytes } from '../../test/support/parts.ts'

/** Numbers of a shape that brokers and clients meet. */
const topicCount = 1_000
const partitionsPerTopic = 10
export const batchCount = 50
export const recordsPerBatch = 10

/** A Metadata answer of 1,000 topics of 10 partitions with 3 replicas. */
export function metadataResponse(): ResponseInputOf<'Metadata'> {
  const brokers = [1, 2, 3].map((nodeId) => ({
    nodeId,
    host: `broker-${nodeId}.kafka`,
    port: 9092,
  }))
  const topics = times(topicCount, (topic) => ({
    errorCode: 0,
    name: `topic-${topic}`,
    topicId: uuidOf(topic),
    partitions: times(partitionsPerTopic, (partitionIndex) => ({
      errorCode: 0,
      partitionIndex,
      leaderId: 1 + (partitionIndex % 3),
      leaderEpoch: 5,
      replicaNodes: [1, 2, 3],
      isrNodes: [1, 2, 3],
      offlineReplicas: [],
    })),
  }))
  return { throttleTimeMs: 0, brokers, clusterId: 'bench', controllerId: 1, topics }
}

/** A Fetch answer of 50 partitions, with the same record batch in each, or none. */
export function fetchResponse(records: Uint8Array | null): ResponseInputOf<'Fetch'> {
  const partitions = times(batchCount, (partitionIndex) => ({
    partitionIndex,
    errorCode: 0,
    highWatermark: 1_000_000 + partitionIndex,
    lastStableOffset: 1_000_000 + partitionIndex,
    logStartOffset: 10,
    abortedTransactions: [],
    preferredReadReplica: -1,
    records: records ?? new Uint8Array(0),
  }))
  return { throttleTimeMs: 0, responses: [{ topic: 'topic', topicId: uuidOf(1), partitions }] }
}

/** What a producer is asked to send: 10 records for each of 50 partitions. */
export const messages = times(batchCount, (partition) =>
  times(recordsPerBatch, (index) => ({
    partition,
    timestamp: 1_700_000_000_000 + index,
    key: Buffer.from(`key-${index}`),
    value: Buffer.from(`value-${index}-`.repeat(12).slice(0, 100)),
  })),
)

export function bytesOf<M extends Message>(type: M, version: number, message: InputOf<M>): Buffer {
  return toBytes(encode(type, version, message))
}

export function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index))
}

export function uuidOf(number: number): string {
  return Buffer.alloc(16, number % 251)
    .fill(1, 0, 4)
    .toString('base64url')
}
