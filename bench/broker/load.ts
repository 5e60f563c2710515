/**
 * Loads brokers and says what it saw, as one line of JSON: `load.ts produce|replicate|consume|wake HOST:PORT
 * TOPIC TOTAL_MB BATCH_KB RECORD_BYTES CONNECTIONS IN_FLIGHT`. Each connection is to the leader of a partition,
 * in turn; `replicate` is `produce` with acks=all. A process of its own, so that its CPU is nobody else's.
 */
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ClientConnection } from '../../broker/net/client-connection.ts'
import { connect } from '../../broker/net/connect.ts'
import { errorCodes } from '../../broker/protocol/generated/error-codes.ts'
import { buildBatch } from '../../broker/protocol/records/build.ts'
import { realClock } from '../../lib/clock.ts'

const [mode, address = '', topic = '', ...numbers] = process.argv.slice(2)
const [totalMb = 0, batchKb = 0, recordBytes = 0, connections = 0, inFlight = 0] =
  numbers.map(Number)
const batch = batchOf(batchKb * 1024, recordBytes)
const latencies: number[] = []

const leaders = await leadersOf(await dial(address))
const leaderOf = (index: number) => leaders[index % leaders.length] as string
const links = await Promise.all(
  Array.from({ length: connections }, (_, index) => dial(leaderOf(index))),
)
const startedMs = performance.now()
let leftBytes = totalMb * 1024 * 1024
let doneBytes = 0
await Promise.all(links.flatMap((link, index) => workers(link, index)))
const ms = performance.now() - startedMs
const sorted = latencies.toSorted((a, b) => a - b)
const at = (part: number) => sorted[Math.floor((sorted.length - 1) * part)] ?? 0
console.log(JSON.stringify({ bytes: doneBytes, ms, p50Ms: at(0.5), p99Ms: at(0.99) }))
process.exit(0)

function workers(link: ClientConnection, index: number): Promise<void>[] {
  const partition = index % leaders.length
  if (mode === 'consume') return [consume(link, partition)]
  if (mode === 'wake') return index === 0 ? [wake(link, partition)] : []
  return Array.from({ length: inFlight }, () => produce(link, partition))
}

async function produce(link: ClientConnection, partition: number): Promise<void> {
  while (leftBytes > 0) {
    leftBytes -= batch.length
    latencies.push(await send(link, partition))
    doneBytes += batch.length
  }
}

/** @returns How long it took until one batch was acknowledged, in milliseconds. */
async function send(link: ClientConnection, partition: number): Promise<number> {
  for (;;) {
    const sentMs = performance.now()
    const answer = await link.request('Produce', 9, {
      acks: mode === 'replicate' ? -1 : 1,
      timeoutMs: 30_000,
      topicData: [{ name: topic, partitionData: [{ index: partition, records: batch }] }],
    })
    const error = answer.responses[0]?.partitionResponses[0]?.errorCode
    if (error === 0) return performance.now() - sentMs
    if (doneBytes > 0 || !isNotThereYet(error)) throw new Error(`Produce was answered ${error}`)
    await sleep(50)
  }
}

/** From the beginning to the end, again and again. */
async function consume(link: ClientConnection, partition: number): Promise<void> {
  let offset = 0
  const perBatch = Math.floor((batchKb * 1024) / recordBytes)
  while (leftBytes > 0) {
    const sentMs = performance.now()
    const answer = await link.request('Fetch', 11, {
      maxWaitMs: 500,
      minBytes: 1,
      maxBytes: 1024 * 1024,
      topics: [
        {
          topic,
          partitions: [{ partition, fetchOffset: offset, partitionMaxBytes: 1024 * 1024 }],
        },
      ],
    })
    const got = answer.responses[0]?.partitions[0]
    if (got === undefined || got.errorCode !== 0) throw new Error(`Fetch: ${got?.errorCode}`)
    const bytes = got.records?.byteLength ?? 0
    latencies.push(performance.now() - sentMs)
    offset += Math.floor(bytes / batch.length) * perBatch
    if (bytes < batch.length || offset >= got.highWatermark) offset = 0
    leftBytes -= bytes
    doneBytes += bytes
  }
}

/** How long a consumer that waits at the end waits for a record from when it is sent. */
async function wake(producer: ClientConnection, partition: number): Promise<void> {
  const consumer = await dial(leaderOf(partition))
  const perBatch = Math.floor((batchKb * 1024) / recordBytes)
  await send(producer, partition)
  for (let offset = perBatch; leftBytes > 0; offset += perBatch) {
    const partitions = [{ partition, fetchOffset: offset, partitionMaxBytes: 1024 * 1024 }]
    const body = { maxWaitMs: 5_000, minBytes: 1, topics: [{ topic, partitions }] }
    const waiting = consumer.request('Fetch', 11, body)
    await sleep(3) // until it waits
    const sentMs = performance.now()
    const sent = send(producer, partition)
    const answer = await waiting
    latencies.push(performance.now() - sentMs)
    await sent
    leftBytes -= batch.length
    doneBytes += answer.responses[0]?.partitions[0]?.records?.byteLength ?? 0
  }
}

/** Where each partition is led, once all are. */
async function leadersOf(link: ClientConnection): Promise<string[]> {
  for (let tries = 0; tries < 100; tries++) {
    const { topics, brokers } = await link.request('Metadata', 8, {
      topics: [{ name: topic }],
      allowAutoTopicCreation: true,
    })
    const found = topics[0]
    const isThere =
      found?.errorCode === 0 && found.partitions.every(({ errorCode }) => errorCode === 0)
    if (isThere && found.partitions.length > 0) {
      const ids = found.partitions
        .toSorted((a, b) => a.partitionIndex - b.partitionIndex)
        .map(({ leaderId }) => leaderId)
      return ids.map((id) => {
        const { host, port } = brokers.find(({ nodeId }) => nodeId === id) ?? {}
        return `${host}:${port}`
      })
    }
    await sleep(100)
  }
  throw new Error(`topic ${topic} does not come up`)
}

/** A topic that was just made is known to clients before its leader is. */
function isNotThereYet(error: number | undefined): boolean {
  return (
    error === errorCodes.UNKNOWN_TOPIC_OR_PARTITION || error === errorCodes.NOT_LEADER_OR_FOLLOWER
  )
}

function dial(at: string): Promise<ClientConnection> {
  const [host = '', port = ''] = at.split(':')
  return connect({
    host,
    port: Number(port),
    clock: realClock,
    clientId: 'load',
    requestTimeoutMs: 60_000,
    maxFrameBytes: 64 * 1024 * 1024,
    maxInFlightRequests: 1_000,
  })
}

function batchOf(sizeBytes: number, ofRecord: number): Uint8Array {
  const records = Array.from({ length: Math.floor(sizeBytes / ofRecord) }, () => {
    return { timestamp: Date.now(), key: null, value: randomBytes(ofRecord - 10), headers: [] }
  })
  return buildBatch({ records })
}
