import type { ResponseOf } from '../../../broker/protocol/apis.ts'
import type { BrokerConnection } from '../broker-connection.ts'
import type { Range } from './positions.ts'

/** Whether records of transactions that are open or were aborted are read as well. */
export type Isolation = 'read_uncommitted' | 'read_committed'

/** A leader of partitions of a topic, and how they are read. */
export type Leader = {
  readonly connection: BrokerConnection
  readonly topic: string
  readonly isolation: Isolation
}

/** What a leader answers for one partition. */
export type Fetched = ResponseOf<'Fetch'>['responses'][number]['partitions'][number]

/** Where partitions begin and end, or an error code. @throws {NetworkError} */
export async function rangesOf(
  leader: Leader,
  partitions: readonly number[],
): Promise<{ partition: number; errorCode: number; range: Range }[]> {
  const begins = await listOffsets(leader, partitions, earliest)
  const ends = await listOffsets(leader, partitions, latest)
  return begins.map(({ partitionIndex: partition, errorCode, offset }) => {
    const end = ends.find(({ partitionIndex }) => partitionIndex === partition)
    const range = { earliest: offset, latest: end?.offset ?? offset }
    return { partition, errorCode: errorCode || (end?.errorCode ?? 0), range }
  })
}

/** Times that are none, from Kafka's ListOffsetsRequest. */
const latest = -1
const earliest = -2

async function listOffsets(
  { connection, topic, isolation }: Leader,
  partitions: readonly number[],
  timestamp: number,
) {
  const wanted = partitions.map((partitionIndex) => ({ partitionIndex, timestamp }))
  const { topics } = await connection.request('ListOffsets', {
    replicaId: -1,
    isolationLevel: isolationLevels[isolation],
    topics: [{ name: topic, partitions: wanted }],
  })
  return topics[0]?.partitions ?? []
}

/**
 * Asks for what follows in partitions.
 *
 * @param maxWaitMs The leader answers after that if there is nothing.
 * @throws {NetworkError}
 */
export async function fetchFrom(
  { connection, topic, isolation }: Leader,
  positions: readonly { readonly partition: number; readonly offset: number }[],
  maxWaitMs: number,
): Promise<Fetched[]> {
  const partitions = positions.map(({ partition, offset: fetchOffset }) => {
    return { partition, fetchOffset, partitionMaxBytes }
  })
  const { responses } = await connection.request('Fetch', {
    maxWaitMs,
    minBytes: 1, // fetch.min.bytes
    maxBytes,
    isolationLevel: isolationLevels[isolation],
    topics: [{ topic, partitions }],
    forgottenTopicsData: [],
  })
  return responses[0]?.partitions ?? []
}

const isolationLevels = { read_uncommitted: 0, read_committed: 1 } as const
const partitionMaxBytes = 2 ** 20 // max.partition.fetch.bytes
const maxBytes = 50 * 2 ** 20 // fetch.max.bytes
