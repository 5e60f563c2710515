import { expect, test } from 'vitest'
import { advertisedOn } from '../../../broker/handlers/handlers.ts'
import { type ApiName, apiOf, apiOfKey } from '../../../broker/protocol/apis.ts'
import { encodeRequest } from '../../../broker/protocol/frames/request.ts'
import { readResponse } from '../../../broker/protocol/frames/response.ts'
import { apis } from '../../../broker/protocol/generated/apis.ts'
import { errorCodes } from '../../../broker/protocol/generated/error-codes.ts'
import { toBytes } from '../../support/parts.ts'
import { uuid } from '../metadata/support.ts'
import { Client } from '../net/support.ts'
import { newTopic, produced } from '../partition/support.ts'
import { fetchOf, onlyPartition, produceOf, TestBroker } from './support.ts'

const header = { correlationId: 77, clientId: 'raw' }

/** A request as bytes without their size. */
function bytesOf(name: ApiName, version: number, body: object): Buffer {
  return Buffer.from(toBytes(encodeRequest(name, version, header, body as never)).subarray(4))
}

/** An old request header by hand: the codec does not write versions that there are not. */
function rawRequest(key: number, version: number, body: readonly number[] = []): Buffer {
  const head = Buffer.alloc(8)
  head.writeInt16BE(key, 0)
  head.writeInt16BE(version, 2)
  head.writeInt32BE(77, 4)
  return Buffer.concat([head, Buffer.from([0, 3]), Buffer.from('raw'), Buffer.from(body)])
}

test('exactly what is served is advertised, by a table that this test repeats', () => {
  const ranges = advertisedOn('client').map(({ apiKey, minVersion, maxVersion }) => {
    return `${apiOfKey(apiKey)?.name} ${minVersion}-${maxVersion}`
  })
  expect(ranges).toEqual([
    'Produce 0-13',
    'Fetch 4-18',
    'ListOffsets 1-11',
    'Metadata 0-13',
    'FindCoordinator 0-6',
    'ApiVersions 0-4',
    'CreateTopics 2-7',
    'DeleteTopics 1-6',
    'InitProducerId 0-5',
    'OffsetForLeaderEpoch 2-4',
    'DescribeConfigs 1-4',
    'CreatePartitions 0-3',
    'DescribeCluster 0-2',
  ])
})

test('ApiVersions of a version from the future is answered in version 0 with the range to try', async () => {
  await using broker = await TestBroker.start()
  using client = await Client.open(broker.port)
  client.send(rawRequest(18, 99, [0, 1, 2, 3, 250, 251]))
  const { correlationId, body } = readResponse('ApiVersions', 0, (await client.frame()) as Buffer)
  expect(correlationId).toBe(77)
  expect(body.errorCode).toBe(errorCodes.UNSUPPORTED_VERSION)
  expect(body.apiKeys).toEqual([{ apiKey: 18, minVersion: 0, maxVersion: 4 }])
  // It may ask again on the same connection, as often as it likes.
  for (const version of [0, 3, 4, 3]) {
    const names = { clientSoftwareName: 'raw', clientSoftwareVersion: '1.0' }
    client.send(bytesOf('ApiVersions', version, version < 3 ? {} : names))
    const answer = readResponse('ApiVersions', version, (await client.frame()) as Buffer).body
    expect(answer.errorCode).toBe(0)
    expect(answer.apiKeys).toEqual(advertisedOn('client'))
  }
})

test.each(['', '-dash', 'two words', 'end-'])(
  'a client that calls itself "%s" hears INVALID_REQUEST',
  async (clientSoftwareName) => {
    await using broker = await TestBroker.start()
    const names = { clientSoftwareName, clientSoftwareVersion: '1.0' }
    const { errorCode } = await broker.ask('ApiVersions', 3, names)
    expect(errorCode).toBe(errorCodes.INVALID_REQUEST)
  },
)

test('Produce 2 is advertised, and closes the connection behind what was asked before', async () => {
  await using broker = await TestBroker.start()
  broker.parts.apply(...newTopic('orders', uuid(1)))
  using client = await Client.open(broker.port)
  client.send(bytesOf('Metadata', 1, { topics: [] }), rawRequest(0, 2, [255, 255]))
  expect(readResponse('Metadata', 1, (await client.frame()) as Buffer).correlationId).toBe(77)
  expect(await client.frame()).toBeUndefined()
  const { log } = broker.parts.partitions.leaderOf({ name: 'orders' }, 0)
  expect(log.nextOffset).toBe(0)
})

const internalOnly = [
  'BrokerRegistration',
  'BrokerHeartbeat',
  'AllocateProducerIds',
  'AlterPartition',
  'FetchSnapshot',
  'Vote',
] as const

test.each(internalOnly)('%s closes a client connection', async (name) => {
  await using broker = await TestBroker.start()
  using client = await Client.open(broker.port)
  client.send(rawRequest(apis[name].key, apis[name].request.versions[0], [0, 0, 0, 0]))
  expect(await client.frame()).toBeUndefined()
})

test.each([
  ['a key that no API has', rawRequest(999, 0)],
  ['an API that is not served', rawRequest(apis.JoinGroup.key, 0)],
  ['a version above the last', rawRequest(apis.Metadata.key, 14)],
  ['a negative version', rawRequest(apis.Metadata.key, -1)],
  ['a header that is cut off', Buffer.from([0, 3, 0, 9, 0])],
  ['a body that is cut off', rawRequest(apis.Metadata.key, 1, [0, 0, 0, 9])],
])('%s closes the connection, and nothing else', async (_, frame) => {
  await using broker = await TestBroker.start()
  using other = await Client.open(broker.port)
  using client = await Client.open(broker.port)
  client.send(frame)
  expect(await client.frame()).toBeUndefined()
  other.send(bytesOf('ApiVersions', 0, {}))
  expect(await other.frame()).toBeDefined()
})

test('a thousand requests behind a Fetch that waits are answered behind it, in order', async () => {
  await using broker = await TestBroker.start()
  broker.parts.apply(...newTopic('orders', uuid(1)))
  using client = await Client.open(broker.port)
  const wait = fetchOf([{ name: 'orders' }], { maxWaitMs: 30_000 })
  const ask = (correlationId: number) =>
    Buffer.from(
      toBytes(
        encodeRequest('Metadata', 1, { correlationId, clientId: 'raw' }, { topics: [] }),
      ).subarray(4),
    )
  client.send(
    bytesOf('Fetch', 11, wait),
    ...Array.from({ length: 1_000 }, (_, i) => ask(1_000 + i)),
  )
  await broker.ask('Produce', 9, produceOf('orders', produced(['at last'])))
  const fetched = readResponse('Fetch', 11, (await client.frame()) as Buffer)
  expect(onlyPartition(fetched.body.responses).records?.byteLength).toBeGreaterThan(60)
  for (let i = 0; i < 1_000; i++) {
    const frame = (await client.frame()) as Buffer
    expect(frame.readInt32BE(0)).toBe(1_000 + i)
  }
})

test('tagged fields that nobody knows are passed over in every flexible request', async () => {
  await using broker = await TestBroker.start()
  using client = await Client.open(broker.port)
  for (const { apiKey, maxVersion } of advertisedOn('client')) {
    const api = apiOf((apiOfKey(apiKey) as { name: ApiName }).name)
    if (api.name === 'Produce') continue // acks are checked first
    const plain = bytesOf(api.name, maxVersion, leastBody(api.name))
    expect(plain.at(-1)).toBe(0) // no tagged fields at the end of the body
    const tagged = Buffer.concat([plain.subarray(0, -1), Buffer.from([1, 99, 3, 7, 7, 7])])
    client.send(plain, tagged)
    const answers = [(await client.frame()) as Buffer, (await client.frame()) as Buffer]
    expect(answers[1]?.toString('hex'), api.name).toBe(answers[0]?.toString('hex'))
  }
})

function leastBody(name: ApiName): object {
  const bodies: Partial<Record<ApiName, object>> = {
    ApiVersions: { clientSoftwareName: 'raw', clientSoftwareVersion: '1' },
    Fetch: { maxWaitMs: 0, minBytes: 0, topics: [] },
    ListOffsets: { replicaId: -1, topics: [] },
    Metadata: { topics: [], includeTopicAuthorizedOperations: false },
    FindCoordinator: { coordinatorKeys: ['g'] },
    CreateTopics: { topics: [] },
    DeleteTopics: { topics: [], timeoutMs: 1 },
    InitProducerId: { transactionalId: 'refused', transactionTimeoutMs: 1 },
    OffsetForLeaderEpoch: { topics: [] },
    DescribeConfigs: { resources: [] },
    CreatePartitions: { topics: [], timeoutMs: 1, validateOnly: true },
    DescribeCluster: { includeClusterAuthorizedOperations: false },
  }
  return bodies[name] ?? {}
}
