import { decodeBatch } from '../metadata/batch.ts'
import type { MetadataCopy } from '../metadata/files/metadata-copy.ts'
import { readSnapshot } from '../metadata/snapshot.ts'
import type { ClientConnection } from '../net/client-connection.ts'
import { batchEndOf } from '../protocol/records/header.ts'
import { batchStarts } from '../protocol/records/walk.ts'
import { codeOf, LinkError } from './link-error.ts'

/** Kafka's id of `__cluster_metadata`. */
export const metadataTopicId = 'AAAAAAAAAAAAAAAAAAAAAQ'
export const metadataTopic = '__cluster_metadata'

/** Who fetches: the controller takes metadata fetches from registered brokers alone. */
export type Fetcher = { readonly brokerId: number; readonly brokerEpoch: number }

/**
 * Fetches what is next in the metadata log into a broker's copy, once: a long poll, which ends when
 * there is something or after a while (Fetch of KIP-595, FetchSnapshot of KIP-630).
 *
 * @throws {LinkError} Diverged, where the copy holds what the controller's log does not.
 * @throws {NetworkError} @throws {MetadataError} A record that is not known here, for example.
 */
export async function fetchMetadata(
  connection: ClientConnection,
  copy: MetadataCopy,
  { brokerId, brokerEpoch }: Fetcher,
): Promise<void> {
  const { offset, epoch } = copy.position
  const got = await fetchOnce(connection, copy, { brokerId, brokerEpoch }, maxWaitMs)
  if (got.divergingEpoch.endOffset >= 0) {
    const what = `this broker's copy of the metadata log ends at ${offset} in epoch ${epoch}`
    const theirs = `the controller's has epoch ${got.divergingEpoch.epoch} to ${got.divergingEpoch.endOffset}`
    throw new LinkError('Diverged', `${what}, which is no part of the controller's: ${theirs}`)
  }
  if (got.snapshotId.endOffset >= 0) {
    await fetchSnapshot(connection, copy, { brokerId, snapshotId: got.snapshotId })
    return
  }
  const bytes = got.records
  if (bytes === null || bytes.byteLength === 0) return
  // Their own memory: they stay in the copy until they are on disk.
  const own = new Uint8Array(bytes)
  await Promise.all(
    [...batchStarts(own)].map((start) => {
      return copy.apply(decodeBatch(own.subarray(start, batchEndOf(own, start))))
    }),
  )
}

/** Where the controller's log ends now: all that it has answered so far lies before. */
export async function fetchEndOffset(
  connection: ClientConnection,
  copy: MetadataCopy,
  fetcher: Fetcher,
): Promise<number> {
  return (await fetchOnce(connection, copy, fetcher, 0)).highWatermark
}

async function fetchOnce(
  connection: ClientConnection,
  copy: MetadataCopy,
  { brokerId, brokerEpoch }: Fetcher,
  waitMs: number,
) {
  const { offset, epoch } = copy.position
  const answer = await connection.request(
    'Fetch',
    17,
    {
      clusterId: null,
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
    },
    { timeoutMs: waitMs + answerMs },
  )
  checkCode('Fetch', answer.errorCode)
  const got = answer.responses[0]?.partitions[0]
  if (got === undefined) throw new LinkError('Refused', 'an answer without the metadata log')
  checkCode('Fetch', got.errorCode)
  return got
}

async function fetchSnapshot(
  connection: ClientConnection,
  copy: MetadataCopy,
  { brokerId, snapshotId }: { brokerId: number; snapshotId: { endOffset: number; epoch: number } },
): Promise<void> {
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
  const image = readSnapshot(Buffer.concat(pieces))
  await copy.jumpTo({ image, offset: snapshotId.endOffset })
}

function checkCode(what: string, errorCode: number): void {
  if (errorCode !== 0) throw new LinkError('Refused', `${what} was answered ${codeOf(errorCode)}`)
}

const maxWaitMs = 5_000
/** How long an answer may take beyond that before the controller is taken for hung. */
const answerMs = 2_000
const maxBytes = 8 * 1024 * 1024
/** Of 360,000 replicas it is about 30 MB. */
const maxSnapshotBytes = 512 * 1024 * 1024
