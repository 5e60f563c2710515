import { slabBytes } from '../../net/slabs.ts'
import type { RequestInputOf, ResponseOf } from '../../protocol/apis.ts'
import { errorName } from '../../protocol/error-name.ts'
import type { FetchAnswer } from '../../replica/follower-answer.ts'
import type { PartitionFetch } from '../../replica/replica-fetch.ts'
import { fetchedRecords } from './fetched-records.ts'
import type { Followed, PartitionAnswer } from './followed.ts'

type Request = RequestInputOf<'Fetch'>
type Response = ResponseOf<'Fetch'>
type PartitionResponse = Response['responses'][number]['partitions'][number]

/** What is said at the next fetch of a session (KIP-227). */
export type SessionNews = {
  readonly sessionId: number
  readonly sessionEpoch: number
  readonly asked: readonly (readonly [Followed, PartitionFetch])[]
  readonly forgotten: readonly Followed[]
  /** When the leader gave the last answer that came, by its own clock. */
  readonly answeredMs: number
  readonly maxWaitMs: number
}

export function fetchRequest(
  { brokerId, brokerEpoch }: { brokerId: number; brokerEpoch: number },
  { sessionId, sessionEpoch, asked, forgotten, answeredMs, maxWaitMs }: SessionNews,
): Request {
  const topics = byTopic(asked, ([{ partition }]) => partition.topicId)
  const forgottenTopics = byTopic(forgotten, ({ partition }) => partition.topicId)
  return {
    replicaState: { replicaId: brokerId, replicaEpoch: brokerEpoch },
    maxWaitMs,
    minBytes: 1,
    maxBytes,
    sessionId,
    sessionEpoch,
    answeredMs: Math.floor(answeredMs),
    topics: Array.from(topics, ([topicId, own]) => ({
      topicId,
      partitions: own.map(([{ partition }, fetch]) => ({
        partition: partition.partition,
        currentLeaderEpoch: fetch.currentLeaderEpoch,
        fetchOffset: fetch.fetchOffset,
        lastFetchedEpoch: fetch.lastFetchedEpoch,
        logStartOffset: fetch.logStartOffset,
        partitionMaxBytes,
      })),
    })),
    forgottenTopicsData: Array.from(forgottenTopics, ([topicId, own]) => ({
      topicId,
      partitions: own.map(({ partition }) => partition.partition),
    })),
  }
}

/** @param answeredMs Of the whole answer. */
export function partitionAnswer(response: PartitionResponse, answeredMs: number): PartitionAnswer {
  const { logStartOffset, highWatermark, divergingEpoch } = response
  const records = response.records ?? nothing
  const code = response.errorCode
  let answer: FetchAnswer
  if (code !== 0) answer = { error: errorName(code) ?? 'UNKNOWN_SERVER_ERROR', logStartOffset }
  else if (divergingEpoch.epoch >= 0 || divergingEpoch.endOffset >= 0) answer = { divergingEpoch }
  else answer = { highWatermark, answeredMs, records: fetchedRecords(records) }
  return { answer, records, logStartOffset }
}

function byTopic<T>(all: readonly T[], topicIdOf: (one: T) => string): Map<string, T[]> {
  const topics = new Map<string, T[]>()
  for (const one of all) {
    const own = topics.get(topicIdOf(one))
    if (own === undefined) topics.set(topicIdOf(one), [one])
    else own.push(one)
  }
  return topics
}

const nothing = new Uint8Array(0)
/**
 * An answer that fits into a slab is read into memory that is used again: a follower that catches up is
 * 1.5 times as fast by that as with answers of 10 MB, Kafka's replica.fetch.response.max.bytes. What is
 * around the batches of a partition is about 40 bytes.
 */
const maxBytes = slabBytes - 64 * 1024
/** Kafka's replica.fetch.max.bytes, by default. */
const partitionMaxBytes = 1024 * 1024
