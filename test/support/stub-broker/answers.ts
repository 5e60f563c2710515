import { setTimeout } from 'node:timers/promises'
import type { ApiName, RequestOf, ResponseInputOf } from '../../../broker/protocol/apis.ts'
import { advertised } from './advertised.ts'
import type { StubTopics } from './topics.ts'

/** What an answer is made from, besides the request. */
export type StubContext = {
  readonly version: number
  readonly clientId: string | null
  readonly node: { readonly nodeId: number; readonly host: string; readonly port: number }
  readonly topics: StubTopics
  /** Gets each batch as it came. */
  readonly onProduced: (topic: string, partition: number, batch: Uint8Array) => void
  /** Aborted when the stub is closed. */
  readonly signal: AbortSignal
}

/** Answers of some APIs. undefined is no answer, which only Produce with acks=0 wants. */
export type Answers = {
  [N in ApiName]?: (
    request: RequestOf<N>,
    context: StubContext,
  ) => ResponseInputOf<N> | undefined | Promise<ResponseInputOf<N>>
}

/** What producers and consumers without a group need. */
export const answers: Answers = {
  ApiVersions: () => ({ errorCode: 0, apiKeys: advertised }),

  Metadata({ topics: wanted }, { version, topics, node }) {
    const all = wanted === null || (version === 0 && wanted.length === 0)
    const found = all
      ? [...topics.byName.values()]
      : wanted.map(({ name, topicId }) => topics.find({ name: name ?? '', id: topicId }))
    const self = [node.nodeId]
    const partition = { partitionIndex: 0, leaderId: node.nodeId, leaderEpoch: 0 }
    const partitions = [{ ...partition, errorCode: 0, replicaNodes: self, isrNodes: self }]
    return {
      brokers: [node],
      clusterId: 'stub',
      controllerId: node.nodeId,
      topics: found.map(({ name, id }) => ({ errorCode: 0, name, topicId: id, partitions })),
    }
  },

  InitProducerId: () => ({
    throttleTimeMs: 0,
    errorCode: 0,
    producerId: 4_000_000_001,
    producerEpoch: 0,
  }),

  Produce({ acks, topicData }, { topics, onProduced }) {
    const responses = topicData.map(({ name, topicId, partitionData }) => {
      const topic = topics.find({ name, id: topicId })
      const partitionResponses = partitionData.map(({ index, records }) => {
        const batch = new Uint8Array(records as Uint8Array)
        onProduced(topic.name, index, batch)
        const baseOffset = topics.append(topic, batch)
        return { index, errorCode: 0, baseOffset, logStartOffset: 0 }
      })
      return { name, topicId, partitionResponses }
    })
    return acks === 0 ? undefined : { responses }
  },

  ListOffsets: ({ topics: wanted }, { topics }) => ({
    topics: wanted.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex, timestamp }) => {
        const offset = timestamp === earliest ? 0 : topics.topic(name).partition.endOffset
        return { partitionIndex, errorCode: 0, offset }
      }),
    })),
  }),

  /** Without sessions. Where there is nothing to read it waits as told, or for any append. */
  async Fetch(request, { topics, signal }) {
    const { nextAppend } = topics
    if (sizeOf(fetched(request, topics)) === 0) {
      await Promise.race([nextAppend, setTimeout(request.maxWaitMs, undefined, { signal })])
    }
    return fetched(request, topics)
  },
}

const earliest = -2

function fetched(request: RequestOf<'Fetch'>, topics: StubTopics): ResponseInputOf<'Fetch'> {
  const responses = request.topics.map(({ topic, topicId, partitions }) => {
    const { partition: log } = topics.find({ name: topic, id: topicId })
    const read = partitions.map(({ partition, fetchOffset, partitionMaxBytes }) => ({
      partitionIndex: partition,
      errorCode: 0,
      highWatermark: log.endOffset,
      lastStableOffset: log.endOffset,
      logStartOffset: 0,
      abortedTransactions: null,
      records: log.read(fetchOffset, partitionMaxBytes),
    }))
    return { topic, topicId, partitions: read }
  })
  return { throttleTimeMs: 0, sessionId: 0, responses }
}

function sizeOf({ responses }: ResponseInputOf<'Fetch'>): number {
  const partitions = responses.flatMap((response) => response.partitions)
  return partitions.reduce((sum, { records }) => sum + ((records as Uint8Array)?.length ?? 0), 0)
}
