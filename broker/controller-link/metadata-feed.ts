import { decodeBatch } from '../metadata/batch.ts'
import type { MetadataCopy } from '../metadata/files/metadata-copy.ts'
import { metadataTopic, metadataTopicId } from '../metadata/metadata-topic.ts'
import type { MetadataPosition, MetadataState } from '../metadata/position.ts'
import { readSnapshot } from '../metadata/snapshot.ts'
import type { ClientConnection } from '../net/client-connection.ts'
import type { ResponseOf } from '../protocol/apis.ts'
import { errorCodes } from '../protocol/generated/error-codes.ts'
import { batchEndOf } from '../protocol/records/header.ts'
import { batchStarts } from '../protocol/records/walk.ts'
import { checkStanding } from './choose-controller.ts'
import { checkCode, LinkError } from './link-error.ts'

/** Who fetches. The epoch is -1 before it is registered. */
export type Fetcher = { readonly brokerId: number; readonly brokerEpoch: number }

/**
 * Fetches what is next in the metadata log into a broker's copy, once: a long poll, which ends when
 * there is something or after a while (Fetch of KIP-595, FetchSnapshot of KIP-630).
 *
 * @param onApplied Called when the copy has gone on, before that is on its disk.
 * @throws {LinkError} Diverged, where the copy holds what the controller's log does not; Superseded,
 *   where it is of a later controller.
 * @throws {MetadataError} A record that is not known here, or does not fit what is.
 * @throws {StorageError} The copy's disk does not take it.
 * @throws {NetworkError}
 */
export async function fetchMetadata(
  connection: ClientConnection,
  copy: MetadataCopy,
  fetcher: Fetcher,
  onApplied: () => void,
): Promise<void> {
  const { offset, epoch } = copy.position
  const { got, position } = await fetchOnce(connection, copy, fetcher, maxWaitMs)
  checkCode('Fetch', got.errorCode)
  if (got.divergingEpoch.endOffset >= 0) {
    const ours = `this broker's copy of the metadata log ends at ${offset} in epoch ${epoch}`
    const { epoch: theirEpoch, endOffset } = got.divergingEpoch
    const theirs = `its controller's has epoch ${theirEpoch} up to ${endOffset}`
    throw new LinkError('Diverged', `${ours}, ${theirs}: they are not the same log`)
  }
  checkStanding(said(position), copy.position)
  if (got.snapshotId.endOffset >= 0) {
    const state = await fetchSnapshot(connection, fetcher, got.snapshotId)
    if (state.offset <= offset) {
      throw new LinkError('Refused', `a snapshot of ${state.offset} where ${offset} is next`)
    }
    const written = copy.jumpTo(state)
    onApplied()
    await written
    return
  }
  if (got.records === null || got.records.byteLength === 0) return
  // Their own memory: they stay in the copy until they are on disk.
  await applyBatches(copy, new Uint8Array(got.records), onApplied)
}

/** All of an answer, even where one batch is refused: those before it hold. */
async function applyBatches(copy: MetadataCopy, bytes: Uint8Array, onApplied: () => void) {
  const written: Promise<void>[] = []
  try {
    for (const start of batchStarts(bytes)) {
      const batch = decodeBatch(bytes.subarray(start, batchEndOf(bytes, start)))
      written.push(copy.apply(batch))
    }
  } finally {
    if (written.length > 0) onApplied()
  }
  await Promise.all(written)
}

/**
 * Where a controller says without waiting that its log ends: all that it has answered so far lies
 * before that. Undefined where it is not the active one.
 */
export async function askPosition(
  connection: ClientConnection,
  copy: MetadataCopy,
  fetcher: Fetcher,
): Promise<MetadataPosition | undefined> {
  const { got, position } = await fetchOnce(connection, copy, fetcher, 0)
  return isNotActive.has(got.errorCode) ? undefined : said(position)
}

/** @throws {LinkError} */
function said(position: MetadataPosition | null): MetadataPosition {
  if (position !== null) return position
  throw new LinkError('Refused', 'an answer that does not say whose log it is of')
}

async function fetchOnce(
  connection: ClientConnection,
  copy: MetadataCopy,
  { brokerId, brokerEpoch }: Fetcher,
  waitMs: number,
): Promise<{ got: FetchedPartition; position: MetadataPosition | null }> {
  const { position: metadataPosition } = copy
  const { offset, epoch } = metadataPosition
  const answer = await connection.request(
    'Fetch',
    17,
    {
      clusterId: copy.state.image.clusterId ?? null,
      replicaState: { replicaId: brokerId, replicaEpoch: brokerEpoch },
      maxWaitMs: waitMs,
      minBytes: 1,
      maxBytes,
      sessionId: 0,
      sessionEpoch: -1,
      topics: [
        {
          topicId: metadataTopicId,
          partitions: [
            {
              partition: 0,
              fetchOffset: offset,
              lastFetchedEpoch: epoch,
              partitionMaxBytes: maxBytes,
            },
          ],
        },
      ],
      metadataPosition,
    },
    { timeoutMs: waitMs + answerMs },
  )
  checkCode('Fetch', answer.errorCode)
  const got = answer.responses[0]?.partitions[0]
  if (got === undefined) throw new LinkError('Refused', 'an answer without the metadata log')
  return { got, position: answer.metadataPosition }
}

type FetchedPartition = ResponseOf<'Fetch'>['responses'][number]['partitions'][number]

async function fetchSnapshot(
  connection: ClientConnection,
  { brokerId }: Fetcher,
  snapshotId: FetchedPartition['snapshotId'],
): Promise<MetadataState> {
  const pieces: Uint8Array[] = []
  let position = 0
  for (let size = 1; position < size; ) {
    const answer = await connection.request('FetchSnapshot', 1, {
      replicaId: brokerId,
      maxBytes,
      topics: [
        {
          name: metadataTopic,
          partitions: [{ partition: 0, currentLeaderEpoch: -1, snapshotId, position }],
        },
      ],
    })
    checkCode('FetchSnapshot', answer.errorCode)
    const got = answer.topics[0]?.partitions[0]
    if (got === undefined) throw new LinkError('Refused', 'an answer without the snapshot')
    checkCode('FetchSnapshot', got.errorCode)
    const piece = got.unalignedRecords ?? new Uint8Array(0)
    if (piece.byteLength === 0) throw new LinkError('Refused', 'a snapshot that ends early')
    if (got.size > maxSnapshotBytes) {
      throw new LinkError('Refused', `a snapshot of ${got.size} bytes, ${maxSnapshotBytes} at most`)
    }
    pieces.push(new Uint8Array(piece))
    position += piece.byteLength
    size = got.size
  }
  return { image: readSnapshot(Buffer.concat(pieces)), offset: snapshotId.endOffset }
}

const isNotActive: ReadonlySet<number> = new Set([
  errorCodes.NOT_CONTROLLER,
  errorCodes.NOT_LEADER_OR_FOLLOWER,
])
const maxWaitMs = 5_000
/** How long an answer may take beyond that before the controller is taken for hung. */
const answerMs = 2_000
const maxBytes = 8 * 1024 * 1024
/** Of 360,000 replicas it is about 30 MB. */
const maxSnapshotBytes = 512 * 1024 * 1024
