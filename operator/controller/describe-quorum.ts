import type { MetadataImage } from '../../broker/metadata/image.ts'
import { metadataTopic } from '../../broker/metadata/metadata-topic.ts'
import type { RequestOf, ResponseInputOf } from '../../broker/protocol/apis.ts'
import { errorCodes } from '../../broker/protocol/generated/error-codes.ts'

/** How far a broker has applied the metadata log, and when it said so (wall clock). */
export type Applied = { readonly endOffset: number; readonly atMs: number }

type Answer = ResponseInputOf<'DescribeQuorum'>
type Partition = Answer['topics'][number]['partitions'][number]

type State = {
  readonly image: MetadataImage
  readonly endOffset: number
  readonly nowMs: number
  /** By the id of the broker. */
  readonly heard: ReadonlyMap<number, Applied>
}

/**
 * The metadata log in the words that Kafka has for its quorum (KIP-595), for tools that ask how it
 * is. There is one that votes: the controller, whose log is elsewhere. Brokers are those who follow.
 */
export function describeQuorum(
  { topics }: RequestOf<'DescribeQuorum'>,
  version: number,
  state: State,
): Answer {
  const answered = topics.map(({ topicName, partitions }) => ({
    topicName,
    partitions: partitions.map(({ partitionIndex }): Partition => {
      const isKnown = topicName === metadataTopic && partitionIndex === 0
      return isKnown ? metadataPartition(state, version) : unknown(partitionIndex)
    }),
  }))
  const isToldOfNodes = version >= 2 && topics.length > 0
  return {
    errorCode: errorCodes.NONE,
    errorMessage: '',
    topics: answered,
    ...(isToldOfNodes ? { nodes: [{ nodeId: controllerNodeId, listeners: [] }] } : {}),
  }
}

/** The controller has no id of its own; this one is no broker's. */
const controllerNodeId = 1_000_000

function metadataPartition({ image, endOffset, nowMs, heard }: State, version: number): Partition {
  const observers = [...image.brokers.values()]
    .sort((a, b) => a.id - b.id)
    .map(({ id: replicaId, directoryIds }) => {
      const { endOffset: logEndOffset, atMs } = heard.get(replicaId) ?? { endOffset: -1, atMs: -1 }
      const isCaughtUp = logEndOffset >= endOffset
      const [replicaDirectoryId] = directoryIds
      return {
        replicaId,
        ...(version < 2 || replicaDirectoryId === undefined ? {} : { replicaDirectoryId }),
        logEndOffset,
        lastFetchTimestamp: atMs,
        lastCaughtUpTimestamp: isCaughtUp ? atMs : -1,
      }
    })
  const voter = {
    replicaId: controllerNodeId,
    logEndOffset: endOffset,
    lastFetchTimestamp: nowMs,
    lastCaughtUpTimestamp: nowMs,
  }
  return {
    partitionIndex: 0,
    errorCode: errorCodes.NONE,
    errorMessage: '',
    leaderId: controllerNodeId,
    leaderEpoch: image.controller.epoch,
    highWatermark: endOffset,
    currentVoters: [voter],
    observers,
  }
}

function unknown(partitionIndex: number): Partition {
  return {
    partitionIndex,
    errorCode: errorCodes.UNKNOWN_TOPIC_OR_PARTITION,
    errorMessage: '',
    leaderId: 0,
    leaderEpoch: 0,
    highWatermark: 0,
    currentVoters: [],
    observers: [],
  }
}
