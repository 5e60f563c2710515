import { metadataTopic, metadataTopicId } from '../../broker/metadata/metadata-topic.ts'
import { compareHistory, epochBefore, positionOf } from '../../broker/metadata/position.ts'
import { snapshotBatches } from '../../broker/metadata/snapshot.ts'
import type { RequestOf, ResponseInputOf } from '../../broker/protocol/apis.ts'
import { errorCodes } from '../../broker/protocol/generated/error-codes.ts'
import type { Clock, Timer } from '../../lib/clock.ts'
import type { MetadataWriter } from './metadata-writer.ts'

type FetchAnswer = ResponseInputOf<'Fetch'>
type PartitionAnswer = FetchAnswer['responses'][number]['partitions'][number]

/**
 * Answers brokers that follow the metadata log: Fetch as a long poll (KIP-595), and FetchSnapshot
 * (KIP-630) where what they lack is only in a snapshot.
 */
export class MetadataAnswers {
  private readonly writer: MetadataWriter
  private readonly clock: Clock
  private readonly waiting = new Set<() => void>()
  private readonly followers: Followers | undefined
  private snapshot: Snapshot | undefined

  constructor(writer: MetadataWriter, clock: Clock, followers?: Followers) {
    this.writer = writer
    this.clock = clock
    this.followers = followers
  }

  /** To be called after each append. */
  committed(): void {
    for (const wake of this.waiting) wake()
  }

  /** Answers when there is something, or after `maxWaitMs`. @param onClosed Tells how to give up. */
  async fetch(
    request: RequestOf<'Fetch'>,
    onClosed: (giveUp: () => void) => void,
  ): Promise<FetchAnswer> {
    this.forgetSnapshot()
    const asked = request.topics[0]?.partitions[0]
    const isMetadata = request.topics[0]?.topicId === metadataTopicId && asked?.partition === 0
    if (!isMetadata || request.topics.length !== 1) return failed('UNKNOWN_TOPIC_ID')
    const { fetchOffset } = asked
    const { replicaId } = request.replicaState
    this.followers?.acts(replicaId, fetchOffset)
    const isNews = () => this.writer.committed.offset !== fetchOffset
    if (!isNews()) await this.wait(request.maxWaitMs, isNews, onClosed)
    // What it knows may be old, or not what brokers know.
    if (this.writer.isStopped) return failed('NOT_CONTROLLER')
    const { answer, sentUpTo } = this.answerTo(asked)
    // Who does not wait wants to know where the log ends, and takes nothing of it.
    if (request.maxWaitMs > 0) this.followers?.sent(replicaId, sentUpTo)
    return {
      throttleTimeMs: 0,
      responses: [{ topicId: metadataTopicId, partitions: [answer] }],
      metadataPosition: positionOf(this.writer.committed),
    }
  }

  fetchSnapshot(request: RequestOf<'FetchSnapshot'>): ResponseInputOf<'FetchSnapshot'> {
    const asked = request.topics[0]?.partitions[0]
    const { snapshot } = this
    const isThere =
      snapshot !== undefined &&
      asked?.snapshotId.endOffset === snapshot.endOffset &&
      asked.snapshotId.epoch === snapshot.epoch
    const at = asked?.position ?? 0
    const errorCode = isThere ? 0 : errorCodes.SNAPSHOT_NOT_FOUND
    if (isThere) snapshot.askedMs = this.clock.monotonicMs()
    const bytes = isThere ? snapshot.bytes : new Uint8Array(0)
    const partition = {
      index: 0,
      errorCode,
      snapshotId: asked?.snapshotId ?? { endOffset: 0, epoch: 0 },
      currentLeader: { leaderId: -1, leaderEpoch: this.writer.committed.image.controller.epoch },
      size: bytes.byteLength,
      position: at,
      unalignedRecords: bytes.subarray(at, at + Math.min(request.maxBytes, pieceBytes)),
    }
    return {
      throttleTimeMs: 0,
      errorCode: 0,
      topics: [{ name: metadataTopic, partitions: [partition] }],
    }
  }

  private answerTo({
    fetchOffset,
    lastFetchedEpoch,
    partitionMaxBytes,
  }: RequestOf<'Fetch'>['topics'][number]['partitions'][number]): {
    answer: PartitionAnswer
    /** The offset behind the last record in it. */
    sentUpTo: number
  } {
    const { committed, batches } = this.writer
    const { image } = committed
    const shared = {
      partitionIndex: 0,
      errorCode: 0,
      highWatermark: committed.offset,
      abortedTransactions: null,
    }
    const known = epochBefore(image, fetchOffset) ?? image.controller
    // In Kafka's own fields there is no incarnation. Who says it, says so elsewhere, and was judged by it.
    const { incarnationId } = known
    const position = { offset: fetchOffset, epoch: lastFetchedEpoch, incarnationId }
    if (fetchOffset > 0 && compareHistory(committed, position) === 'diverged') {
      const endOffset = Math.min(fetchOffset, committed.offset)
      const divergingEpoch = { epoch: known.epoch, endOffset }
      return { answer: { ...shared, divergingEpoch, records: null }, sentUpTo: fetchOffset }
    }
    const first = batches.findIndex(({ baseOffset }) => baseOffset === fetchOffset)
    if (first === -1 && fetchOffset < committed.offset) {
      const snapshotId = this.makeSnapshot()
      return { answer: { ...shared, snapshotId, records: null }, sentUpTo: fetchOffset }
    }
    const records: Uint8Array[] = []
    let [bytes, sentUpTo] = [0, fetchOffset]
    for (const batch of first === -1 ? [] : batches.slice(first)) {
      if (records.length > 0 && bytes + batch.bytes.length > partitionMaxBytes) break
      records.push(batch.bytes)
      bytes += batch.bytes.length
      sentUpTo = batch.nextOffset
    }
    return { answer: { ...shared, records }, sentUpTo }
  }

  /** Of what is appended now. One is kept, for all who ask for it. */
  private makeSnapshot(): { endOffset: number; epoch: number } {
    const { image, offset: endOffset } = this.writer.committed
    const { epoch } = image.controller
    const askedMs = this.clock.monotonicMs()
    if (this.snapshot?.endOffset === endOffset) this.snapshot.askedMs = askedMs
    else {
      const bytes = Buffer.concat([...snapshotBatches(image, { timestampMs: this.clock.nowMs() })])
      this.snapshot = { endOffset, epoch, bytes, askedMs }
    }
    return { endOffset, epoch }
  }

  /** It is as large as the image. Who was told of it and did not come for it is told of another. */
  private forgetSnapshot(): void {
    const { askedMs = Number.POSITIVE_INFINITY } = this.snapshot ?? {}
    if (this.clock.monotonicMs() - askedMs > snapshotMs) this.snapshot = undefined
  }

  private async wait(
    maxWaitMs: number,
    isNews: () => boolean,
    onClosed: (giveUp: () => void) => void,
  ): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const wake = () => {
      if (isNews()) resolve()
    }
    this.waiting.add(wake)
    const timer: Timer = this.clock.timer(Math.min(maxWaitMs, longestWaitMs), resolve)
    onClosed(resolve)
    await promise
    timer.cancel()
    this.waiting.delete(wake)
  }
}

/** Who wants to know how far brokers follow the log. */
export type Followers = {
  /** A broker acts on it up to an offset. */
  acts(brokerId: number, endOffset: number): void
  /** A broker was sent it up to an offset. */
  sent(brokerId: number, endOffset: number): void
}

type Snapshot = {
  readonly endOffset: number
  readonly epoch: number
  readonly bytes: Uint8Array
  /** When somebody was told of it, or came for a piece. */
  askedMs: number
}

function failed(code: keyof typeof errorCodes): FetchAnswer {
  return { throttleTimeMs: 0, errorCode: errorCodes[code], responses: [] }
}

const longestWaitMs = 30_000
/** All brokers ask for something every half a minute, at least. */
const snapshotMs = 60_000
const pieceBytes = 8 * 1024 * 1024
