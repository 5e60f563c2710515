import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ApiName, apiOfKey } from '../../broker/protocol/apis.ts'
import { encodeRequest } from '../../broker/protocol/frames/request.ts'
import { readResponse } from '../../broker/protocol/frames/response.ts'
import { startKafka } from '../../scripts/kafka/broker.ts'
import { RunningKavka } from '../support/kavka.ts'
import { ask, family, type Story } from './story.ts'
import { type Peer, tellStory } from './tell-story.ts'
import { Wire } from './wire.ts'

export type RunningPeer = Peer & { stop(): Promise<void> }

/** Both at once, or neither. */
export async function startPeers(): Promise<{ kafka: RunningPeer; kavka: RunningPeer }> {
  const [kafka, kavka] = await Promise.allSettled([startKafkaPeer(), startKavkaPeer()])
  if (kafka.status === 'fulfilled' && kavka.status === 'fulfilled') {
    return { kafka: kafka.value, kavka: kavka.value }
  }
  for (const own of [kafka, kavka]) if (own.status === 'fulfilled') await own.value.stop()
  throw kafka.status === 'rejected' ? kafka.reason : (kavka as PromiseRejectedResult).reason
}

/** Apache Kafka 4.3.1, one broker and its controller in one process. */
export async function startKafkaPeer(): Promise<RunningPeer> {
  const folder = mkdtempSync(join(tmpdir(), 'kafka-differential-'))
  const settings = { ...sharedSettings, 'default.replication.factor': '1' } // as of `RunningKavka`
  const jvm = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC']
  // On two cores, beside all other tests.
  const patienceMs = 150_000
  const kafka = await startKafka(folder, settings, { nodeId: 0, jvm, patienceMs })
  const [, port] = kafka.bootstrapServers.split(':')
  const peer = {
    name: 'Kafka',
    host: '127.0.0.1',
    port: Number(port),
    topicNames: new Map(),
  } as const
  return warm({
    ...peer,
    async stop() {
      await kafka.stop('kill')
      rmSync(folder, { recursive: true, force: true })
    },
  })
}

/** `kavka up` with one broker, as its users start it. */
async function startKavkaPeer(): Promise<RunningPeer> {
  const kavka = await RunningKavka.start({ config: sharedSettings })
  const host = 'localhost'
  const peer = { name: 'kavka', host, port: kavka.basePort, topicNames: new Map() } as const
  return warm({ ...peer, stop: () => kavka[Symbol.asyncDispose]() })
}

/** What both are set to, so that stories need not wait, and nothing is gone before it is read. */
const sharedSettings = {
  'group.initial.rebalance.delay.ms': '0',
  'group.min.session.timeout.ms': '1000',
  'group.max.size': '4',
  'offsets.topic.num.partitions': '1',
  'offsets.topic.replication.factor': '1',
  'transaction.state.log.num.partitions': '1',
  'log.retention.ms': '-1',
}

/** Asks until there are producer ids, and coordinators where they are served, which begin to be made then. */
async function warm(peer: RunningPeer): Promise<RunningPeer> {
  const served = await advertised(peer)
  for (const story of warming) {
    if (isServed(story, served)) await tellStory(story, peer)
  }
  return peer
}

const warming = family('warm', {
  'producer ids': ask(
    'InitProducerId',
    4,
    { transactionalId: null, transactionTimeoutMs: 60_000 },
    { until: ({ errorCode }) => errorCode === 0 },
  ),
  coordinators: [
    ask(
      'FindCoordinator',
      4,
      { keyType: 0, coordinatorKeys: ['warm'] },
      { until: ({ coordinators }) => coordinators[0]?.errorCode === 0 },
    ),
    ask(
      'OffsetFetch',
      7,
      { groupId: 'warm', topics: null },
      { until: ({ errorCode }) => errorCode === 0 },
    ),
  ],
})

/** First and last version of each API, as the broker says. */
export type Advertised = ReadonlyMap<ApiName, readonly [number, number]>

export async function advertised(peer: Peer): Promise<Advertised> {
  const wire = await Wire.dial(peer)
  wire.send(encodeRequest('ApiVersions', 0, { correlationId: 0, clientId: null }, {}))
  const frame = await wire.next(30_000)
  wire.close()
  if (typeof frame === 'string') throw new Error(`${peer.name} is ${frame}`)
  const { apiKeys } = readResponse('ApiVersions', 0, frame).body
  return new Map(
    apiKeys.flatMap(({ apiKey, minVersion, maxVersion }) => {
      const api = apiOfKey(apiKey)
      return api === undefined ? [] : [[api.name, [minVersion, maxVersion]] as const]
    }),
  )
}

/** Whether all that a story asks for is advertised. */
export function isServed({ steps }: Story, served: Advertised): boolean {
  return steps.every((step) => {
    if (step.type !== 'ask' && step.type !== 'tell') return true
    const [first, last] = served.get(step.api) ?? [0, -1]
    return step.version >= first && step.version <= last
  })
}
