import type { RequestInputOf } from '../../broker/protocol/apis.ts'
import { zeroUuid } from '../../broker/protocol/codec/uuid.ts'
import { writeCrc } from '../../broker/protocol/records/batch-crc.ts'
import { type BatchInput, buildBatch } from '../../broker/protocol/records/build.ts'
import { type Ask, ask, type Seen } from './story.ts'

/** Of the first record of a batch; the others follow in steps of 1 ms. Kept for ever, see `peers.ts`. */
export const firstMs = 1_700_000_000_000

/** Makes a topic, and waits until the broker knows it. */
export function createTopic(
  name: string,
  { partitions = 1, configs = {} }: { partitions?: number; configs?: Record<string, string> } = {},
): Ask[] {
  const settings = Object.entries(configs).map(([name, value]) => ({ name, value }))
  const topic = { name, numPartitions: partitions, replicationFactor: 1, assignments: [] }
  return [
    ...ask('CreateTopics', 4, { topics: [{ ...topic, configs: settings }], timeoutMs: 30_000 }),
    ...untilThere(name, partitions),
  ]
}

/** Waits until the broker knows so many partitions of a topic, and leads them. */
export function untilThere(name: string, partitions: number): Ask[] {
  const all = Array.from({ length: partitions }, (_, partitionIndex) => {
    return { partitionIndex, timestamp: -2 }
  })
  return [
    ...ask('Metadata', 12, namedTopics(name), {
      until: ({ topics: [topic] }) => {
        const led = topic?.partitions.filter(({ leaderId }) => leaderId >= 0)
        return topic?.errorCode === 0 && led?.length === partitions
      },
    }),
    // Kafka's broker tells of a partition before it leads it.
    ...ask(
      'ListOffsets',
      7,
      { replicaId: -1, topics: [{ name, partitions: all }] },
      {
        until: ({ topics: [topic] }) =>
          topic?.partitions.every((own) => own.errorCode === 0) === true,
      },
    ),
  ]
}

/** Waits until the broker has forgotten a topic. */
export function untilGone(name: string): Ask[] {
  return ask('Metadata', 12, namedTopics(name), {
    until: ({ topics: [topic] }) => topic?.errorCode !== 0,
  })
}

/** Asks for topics without having them made. */
export function namedTopics(...names: string[]): RequestInputOf<'Metadata'> {
  return { topics: names.map((name) => ({ name })), allowAutoTopicCreation: false }
}

type BatchOptions = Omit<Partial<BatchInput>, 'records'> & {
  readonly atMs?: number
  readonly keys?: boolean
}

/** A batch as a producer sends it, of values that are their own keys. */
export function batch(
  values: readonly string[],
  { atMs = firstMs, keys = true, ...more }: BatchOptions = {},
): Buffer {
  const records = values.map((value, index) => ({
    timestamp: atMs + index,
    key: keys ? Buffer.from(`key of ${value}`) : null,
    value: Buffer.from(value),
    headers: [],
  }))
  return Buffer.from(buildBatch({ ...more, records }))
}

/** The same batch with other bytes in it, and its old CRC. */
export function damaged(bytes: Uint8Array, change: (copy: Buffer) => void): Buffer {
  const copy = Buffer.from(bytes)
  change(copy)
  return copy
}

/** The same batch with other bytes in it, and the CRC that they have. */
export function altered(bytes: Uint8Array, change: (copy: Buffer) => void): Buffer {
  const copy = damaged(bytes, change)
  writeCrc(copy, 0)
  return copy
}

/** One batch for one partition. */
export function produceTo(
  name: string,
  records: Uint8Array | null,
  { index = 0, acks = -1, transactionalId = null as string | null, timeoutMs = 30_000 } = {},
): RequestInputOf<'Produce'> {
  const topicData = [{ name, partitionData: [{ index, records }] }]
  return { transactionalId, acks, timeoutMs, topicData }
}

/** By id, as from version 13 on. */
export function produceById(
  topicId: string,
  records: Uint8Array | null,
): RequestInputOf<'Produce'> {
  return {
    acks: -1,
    timeoutMs: 30_000,
    topicData: [{ topicId, partitionData: [{ index: 0, records }] }],
  }
}

type FetchTopic = NonNullable<RequestInputOf<'Fetch'>['topics']>[number]
export type WantedPartition = Partial<FetchTopic['partitions'][number]>

/** One partition of a topic that is asked for by name or by id, without a wait. */
export function fetchFrom(
  topic: { name: string } | { topicId: string },
  wanted: WantedPartition = {},
  more: Partial<RequestInputOf<'Fetch'>> = {},
): RequestInputOf<'Fetch'> {
  const partition = { partition: 0, fetchOffset: 0, partitionMaxBytes: 1_000_000, ...wanted }
  const which = 'name' in topic ? { topic: topic.name } : { topicId: topic.topicId }
  return fetching([{ ...which, partitions: [partition] }], more)
}

export function fetching(
  topics: readonly FetchTopic[],
  more: Partial<RequestInputOf<'Fetch'>> = {},
): RequestInputOf<'Fetch'> {
  return { maxWaitMs: 0, minBytes: 0, topics, forgottenTopicsData: [], ...more }
}

/** A topic by name up to version 12, and by its id from there on. */
export function named(
  name: string,
  seen: Seen,
  version: number,
): { name: string } | { topicId: string } {
  return version < 13 ? { name } : { topicId: seen.topicId(name) }
}

/** No topic has it. */
export const unknownId = Buffer.from('there is no such').toString('base64url')
export const noId = zeroUuid

/**
 * What Kafka's consumers say they read: version 0 of ConsumerProtocolSubscription. Kafka's coordinator
 * reads it; where it cannot, the group never gets on.
 */
export function subscription(topics: readonly string[], userData = ''): Buffer {
  const header = Buffer.alloc(6)
  header.writeInt32BE(topics.length, 2)
  const names = topics.map((topic) => sized(2, Buffer.from(topic)))
  return Buffer.concat([header, ...names, sized(4, Buffer.from(userData))])
}

/** Behind its length. */
function sized(lengthBytes: 2 | 4, bytes: Uint8Array): Buffer {
  const size = Buffer.alloc(lengthBytes)
  size.writeIntBE(bytes.byteLength, 0, lengthBytes)
  return Buffer.concat([size, bytes])
}
