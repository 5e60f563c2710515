import { expect, test } from 'vitest'
import { metadataRecord } from '../../../broker/metadata/records.ts'
import { errorCodes } from '../../../broker/protocol/generated/error-codes.ts'
import { uuid } from '../metadata/support.ts'
import { topicOn } from '../partition/support.ts'
import { startBroker } from './support.ts'

const [topicType, brokerType, loggerType, metricsType, groupType] = [2, 4, 8, 16, 32]
const [set, unset, append] = [0, 1, 2]

/** A broker with id 3, what tells it settings, and how one of them reads to a client. */
async function startWithSettings(file: Record<string, string> = {}) {
  const broker = await startBroker(new Map(Object.entries(file)))
  broker.tell(...topicOn('orders', uuid(1)))
  const client = await broker.client()
  const give = (resourceType: number, resourceName: string, name: string, value: string) => {
    broker.tell(metadataRecord('ConfigRecord', { resourceType, resourceName, name, value }))
  }
  const describe = async (resourceType: number, resourceName: string, ...names: string[]) => {
    const resources = [{ resourceType, resourceName, configurationKeys: names }]
    const include = { includeSynonyms: true, includeDocumentation: true }
    const answer = await client.request('DescribeConfigs', 4, { resources, ...include })
    return answer.results[0]
  }
  const read = async (type: number, resourceName: string, name: string) => {
    const config = (await describe(type, resourceName, name))?.configs[0]
    const from = config?.synonyms.map((one) => `${one.name}=${one.value} (${one.source})`)
    return { value: config?.value, source: config?.configSource, from }
  }
  /** @returns The codes of the answers. */
  const alter = async (...asked: [type: number, name: string, ...changes: Change[]][]) => {
    const resources = asked.map(([resourceType, resourceName, ...changes]) => ({
      resourceType,
      resourceName,
      configs: changes.map(([name, configOperation, value]) => ({ name, configOperation, value })),
    }))
    const request = { resources, validateOnly: false }
    const { responses } = await client.request('IncrementalAlterConfigs', 1, request)
    return responses.map(({ errorCode }) => errorCode)
  }
  return { log: broker.log, give, describe, read, alter }
}

type Change = [name: string, operation: number, value: string | null]

test('a setting of a topic is told with all that would hold without it', async () => {
  const { give, read } = await startWithSettings({ 'log.retention.hours': '24' })
  // As Kafka does: what comes from a broker's setting of another name has no synonym, and is 5.
  expect(await read(topicType, 'orders', 'retention.ms')).toEqual({
    value: '86400000',
    source: 5,
    from: [],
  })
  give(brokerType, '', 'log.retention.ms', '7')
  give(brokerType, '3', 'log.retention.ms', '6')
  give(topicType, 'orders', 'retention.ms', '5')
  expect(await read(topicType, 'orders', 'retention.ms')).toEqual({
    value: '5',
    source: 1,
    from: [
      'retention.ms=5 (1)',
      'log.retention.ms=6 (2)',
      'log.retention.ms=7 (3)',
      'log.retention.hours=24 (4)',
      'log.retention.hours=168 (5)',
    ],
  })
})

test('a broker is told of by its id, and what was set for all by an empty name', async () => {
  const { give, describe, read } = await startWithSettings({ 'num.partitions': '4' })
  give(brokerType, '', 'log.retention.ms', '7')
  expect((await describe(brokerType, ''))?.configs).toMatchObject([
    { name: 'log.retention.ms', value: '7', configSource: 3 },
  ])
  const own = await read(brokerType, '3', 'num.partitions')
  expect(own).toEqual({
    value: '4',
    source: 4,
    from: ['num.partitions=4 (4)', 'num.partitions=1 (5)'],
  })
  const isReadOnly = async (name: string) => {
    return (await describe(brokerType, '3', name))?.configs[0]?.readOnly
  }
  expect(await isReadOnly('num.partitions')).toBe(true)
  expect(await isReadOnly('log.retention.ms')).toBe(false)
  const unset = await read(brokerType, '3', 'log.retention.minutes')
  expect(unset).toEqual({ value: null, source: 5, from: [] })
})

test('without names, and with none, all settings are told', async () => {
  const { describe } = await startWithSettings()
  const all = (await describe(topicType, 'orders'))?.configs ?? []
  expect(all.map(({ name }) => name)).toContain('min.insync.replicas')
  const [secret] = (await describe(brokerType, '3', 'ssl.key.password'))?.configs ?? []
  expect(secret).toMatchObject({ isSensitive: true, value: null, configType: 9 })
})

test('many topics are told of at once, and others have a turn meanwhile', async () => {
  const broker = await startBroker()
  const names = Array.from({ length: 120 }, (_, index) => `topic-${index}`)
  broker.tell(...names.flatMap((name, index) => topicOn(name, uuid(index + 1))))
  const [client, other] = [await broker.client(), await broker.client()]
  const resources = names.map((resourceName) => {
    return { resourceType: topicType, resourceName, configurationKeys: ['retention.ms'] }
  })
  const described = client.request('DescribeConfigs', 4, { resources })
  await other.request('ApiVersions', 0, {})
  const { results } = await described
  expect(results.map(({ resourceName }) => resourceName)).toEqual(names)
})

test('groups and client metrics have their defaults until they are given others', async () => {
  const { give, read } = await startWithSettings({ 'group.consumer.session.timeout.ms': '50000' })
  const name = 'consumer.session.timeout.ms'
  const ofBroker = [`group.${name}=50000 (4)`, `group.${name}=45000 (5)`]
  expect(await read(groupType, 'g', name)).toEqual({ value: '50000', source: 4, from: ofBroker })
  give(groupType, 'g', name, '55000')
  const given = { value: '55000', source: 8, from: [`${name}=55000 (8)`, ...ofBroker] }
  expect(await read(groupType, 'g', name)).toEqual(given)

  const interval = { value: '300000', source: 5, from: [] }
  expect(await read(metricsType, 'm', 'interval.ms')).toEqual(interval)
  give(metricsType, 'm', 'interval.ms', '500')
  expect(await read(metricsType, 'm', 'interval.ms')).toMatchObject({ value: '500', source: 7 })
})

test.each<[keyof typeof errorCodes, number, string]>([
  ['INVALID_TOPIC_EXCEPTION', topicType, 'a/b'],
  ['UNKNOWN_TOPIC_OR_PARTITION', topicType, 'nowhere'],
  ['INVALID_REQUEST', brokerType, '9'],
  ['INVALID_REQUEST', brokerType, 'three'],
  ['INVALID_REQUEST', loggerType, ''],
  ['INVALID_REQUEST', loggerType, '9'],
  ['INVALID_REQUEST', metricsType, ''],
  ['INVALID_REQUEST', groupType, ''],
  ['INVALID_REQUEST', 99, 'x'],
])('%s is answered to who asks for settings of %i "%s"', async (code, type, name) => {
  const { describe } = await startWithSettings()
  expect(await describe(type, name)).toMatchObject({ errorCode: errorCodes[code], configs: [] })
})

test('how much a broker logs is told, and changed at once', async () => {
  const { describe, alter, log } = await startWithSettings()
  const root = { name: 'root', value: 'INFO', configSource: 6, readOnly: false }
  expect((await describe(loggerType, '3'))?.configs).toMatchObject([root])
  expect(await alter([loggerType, '3', ['root', set, 'DEBUG']])).toEqual([0])
  expect(log.level).toBe('debug')
  expect((await describe(loggerType, '3', 'root'))?.configs).toMatchObject([{ value: 'DEBUG' }])
})

test.each<[keyof typeof errorCodes, string, Change]>([
  ['INVALID_CONFIG', '3', ['kafka', set, 'DEBUG']],
  ['INVALID_CONFIG', '3', ['root', set, 'debug']],
  ['INVALID_REQUEST', '3', ['root', unset, null]],
  ['INVALID_REQUEST', '3', ['root', append, 'DEBUG']],
  ['INVALID_REQUEST', '3', ['root', set, null]],
  ['INVALID_REQUEST', '9', ['root', set, 'DEBUG']],
  ['INVALID_REQUEST', '', ['root', set, 'DEBUG']],
])('%s is answered to a change of what broker "%s" logs: %j', async (code, id, change) => {
  const { alter, log } = await startWithSettings()
  expect(await alter([loggerType, id, change])).toEqual([errorCodes[code]])
  expect(log.level).toBe('info')
})

test('what another broker is to have is not taken here', async () => {
  const { alter } = await startWithSettings()
  const codes = await alter(
    [brokerType, '9', ['log.retention.ms', set, '1']],
    [loggerType, '3', ['root', set, 'WARN']],
  )
  expect(codes).toEqual([errorCodes.INVALID_REQUEST, 0])
})
