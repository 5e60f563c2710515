import { expect, test } from 'vitest'
import { applyRecords } from '../../../../broker/metadata/apply.ts'
import { configOf } from '../../../../broker/metadata/image.ts'
import { encodeResponse } from '../../../../broker/protocol/frames/response.ts'
import { errorCodes } from '../../../../broker/protocol/generated/error-codes.ts'
import { alterConfigs } from '../../../../operator/controller/decide/alter-configs.ts'
import { incrementalAlterConfigs } from '../../../../operator/controller/decide/incremental-alter-configs.ts'
import { uuid } from '../../../broker/metadata/support.ts'
import { clusterOf, topic } from './support.ts'

type Change = [name: string, operation: number, value: string | null]

const image = applyRecords(clusterOf(1), topic('t', uuid(10), [1]))
const set = 0
const unset = 1
const append = 2
const subtract = 3

test('a setting is set and taken back, and the others stay', () => {
  const one = incremental(image, 2, 't', ['retention.ms', set, '1'], ['segment.ms', set, '2'])
  expect(entries(one.image, 2, 't')).toEqual({ 'retention.ms': '1', 'segment.ms': '2' })
  const two = incremental(one.image, 2, 't', ['retention.ms', unset, null])
  expect(entries(two.image, 2, 't')).toEqual({ 'segment.ms': '2' })
})

test('words are added to a list and taken from it, beginning with the default', () => {
  const one = incremental(image, 2, 't', ['cleanup.policy', append, 'compact'])
  expect(entries(one.image, 2, 't')).toEqual({ 'cleanup.policy': 'delete,compact' })
  const two = incremental(one.image, 2, 't', ['cleanup.policy', subtract, 'delete'])
  expect(entries(two.image, 2, 't')).toEqual({ 'cleanup.policy': 'compact' })
})

test('a list that no record can hold is refused, and so told that any answer can say it', () => {
  const name = 'follower.replication.throttled.replicas'
  const word = (broker: string) => `0:${broker.repeat(20_000)}`
  const one = incremental(image, 2, 't', [name, append, word('1')])
  const two = incremental(one.image, 2, 't', [name, append, word('2')])
  expect(one.responses?.[0]).toMatchObject({ errorCode: 0 })
  expect(two.responses?.[0]).toMatchObject({ errorCode: errorCodes.INVALID_CONFIG })
  expect(two.image).toEqual(one.image)

  const unknown = Array.from({ length: 9 }, (_, index): Change => {
    return [`${index}`.padEnd(8_000, 'é'), set, '1']
  })
  const { responses } = incremental(image, 2, 't', ...unknown)
  expect(responses?.[0]).toMatchObject({ errorCode: errorCodes.INVALID_CONFIG })
  expect(() =>
    encodeResponse('IncrementalAlterConfigs', 1, 1, { throttleTimeMs: 0, responses }),
  ).not.toThrow()
})

test('all brokers, or one of them, are given settings', () => {
  const all = incremental(image, 4, '', ['log.retention.ms', set, '1'])
  expect(entries(all.image, 4, '')).toEqual({ 'log.retention.ms': '1' })
  const one = incremental(image, 4, '1', ['log.retention.ms', set, '2'])
  expect(entries(one.image, 4, '1')).toEqual({ 'log.retention.ms': '2' })
})

test.each<[keyof typeof errorCodes, number, string, ...Change[]]>([
  ['INVALID_CONFIG', 2, 't', ['retention.msx', set, '1']],
  ['INVALID_CONFIG', 2, 't', ['retention.ms', set, 'soon']],
  ['INVALID_CONFIG', 2, 't', ['retention.ms', append, '1']],
  ['INVALID_CONFIG', 2, 't', ['leader.replication.throttled.replicas', set, 'all']],
  ['INVALID_CONFIG', 2, 't', ['remote.storage.enable', set, 'true']],
  ['INVALID_CONFIG', 4, '', ['log.retention.sm', set, '1']],
  ['INVALID_REQUEST', 4, '', ['log.retention.ms', set, 'soon']],
  ['INVALID_REQUEST', 4, '', ['log.retention.hours', set, '1']],
  ['INVALID_REQUEST', 4, '', ['listeners', set, 'PLAINTEXT://:1']],
  ['INVALID_REQUEST', 4, '', ['num.partitions', set, '5']],
  ['INVALID_REQUEST', 2, 't', ['retention.ms', set, null]],
  ['INVALID_REQUEST', 2, 't', ['retention.ms', 7, '1']],
  ['INVALID_REQUEST', 2, 't', ['retention.ms', set, '1'], ['retention.ms', unset, null]],
  ['INVALID_REQUEST', 2, '', ['retention.ms', set, '1']],
  ['INVALID_TOPIC_EXCEPTION', 2, 'a/b', ['retention.ms', set, '1']],
  ['UNKNOWN_TOPIC_OR_PARTITION', 2, 'nowhere', ['retention.ms', set, '1']],
  ['BROKER_ID_NOT_REGISTERED', 4, '9', ['log.retention.ms', set, '1']],
  ['INVALID_REQUEST', 4, 'one', ['log.retention.ms', set, '1']],
  ['INVALID_REQUEST', 8, '1', ['root', set, 'DEBUG']],
  ['INVALID_REQUEST', 16, '', ['interval.ms', set, '1000']],
  ['INVALID_REQUEST', 16, 'm', ['interval', set, '1000']],
  ['INVALID_REQUEST', 16, 'm', ['interval.ms', set, '10']],
  ['INVALID_CONFIG', 16, 'm', ['interval.ms', set, 'often']],
  ['INVALID_CONFIG', 16, 'm', ['match', set, 'client_id']],
  ['INVALID_CONFIG', 16, 'm', ['match', set, 'color=red']],
  ['INVALID_CONFIG', 16, 'm', ['match', set, 'client_id=[']],
  ['INVALID_CONFIG', 16, 'm', ['metrics', append, 'a']],
  ['INVALID_REQUEST', 32, '', ['consumer.session.timeout.ms', set, '50000']],
  ['INVALID_CONFIG', 32, 'g', ['session.timeout.ms', set, '50000']],
  ['INVALID_CONFIG', 32, 'g', ['consumer.session.timeout.ms', set, '44999']],
  ['INVALID_CONFIG', 32, 'g', ['consumer.session.timeout.ms', set, '60001']],
  ['INVALID_CONFIG', 32, 'g', ['streams.num.standby.replicas', set, '3']],
  ['INVALID_CONFIG', 32, 'g', ['share.auto.offset.reset', set, 'by_duration:1d']],
])('%s is answered, and nothing is set: %s %s %j', (code, type, name, ...changes) => {
  const { image: after, responses } = incremental(image, type, name, ...changes)
  expect(responses?.[0]).toMatchObject({ errorCode: errorCodes[code] })
  expect(after).toEqual(image)
})

test('groups and client metrics are given settings', () => {
  const session = ['consumer.session.timeout.ms', set, '50000'] as const
  const reset = ['share.auto.offset.reset', set, 'by_duration:P1DT2H'] as const
  const group = incremental(image, 32, 'g', [...session], [...reset])
  expect(entries(group.image, 32, 'g')).toEqual({
    'consumer.session.timeout.ms': '50000',
    'share.auto.offset.reset': 'by_duration:P1DT2H',
  })
  const changes: Change[] = [
    ['interval.ms', set, '1000'],
    ['match', set, 'client_id=a.*, client_software_name=x'],
  ]
  const metrics = incremental(image, 16, 'm', ...changes)
  expect(Object.keys(entries(metrics.image, 16, 'm'))).toEqual(['interval.ms', 'match'])
})

test('how far a group may go is what brokers allow, and sessions are longer than heartbeats', () => {
  const alter = (values: Record<string, string>, brokers: Record<string, string>) => {
    const configs = Object.entries(values).map(([name, value]) => ({ name, value }))
    const resources = [{ resourceType: 32, resourceName: 'g', configs }]
    const request = { resources, validateOnly: false }
    const decided = alterConfigs(image, request, 'protocol', new Map(Object.entries(brokers)))
    return decided.response.responses[0]
  }
  const session = { 'consumer.session.timeout.ms': '90000' }
  const most = { 'group.consumer.max.session.timeout.ms': '120000' }
  expect(alter(session, {})).toMatchObject({ errorCode: errorCodes.INVALID_CONFIG })
  expect(alter(session, most)).toMatchObject({ errorCode: 0 })
  const both = { 'share.session.timeout.ms': '45000', 'share.heartbeat.interval.ms': '45000' }
  const slow = { 'group.share.max.heartbeat.interval.ms': '45000' }
  expect(alter(both, slow)?.errorMessage).toContain('greater than share.heartbeat.interval.ms')
})

test('settings of brokers that Kafka takes at once and that have no effect here are taken', () => {
  const { image: after } = incremental(image, 4, '', ['num.io.threads', set, '9'])
  expect(entries(after, 4, '')).toEqual({ 'num.io.threads': '9' })
})

test('AlterConfigs leaves a resource with what is named and nothing else', () => {
  const { image: before } = incremental(image, 2, 't', ['retention.ms', set, '1'])
  const configs = [{ name: 'segment.ms', value: '2' }]
  const resources = [{ resourceType: 2, resourceName: 't', configs }]
  const { records } = alterConfigs(before, { resources, validateOnly: false }, 'protocol')
  expect(entries(applyRecords(before, records), 2, 't')).toEqual({ 'segment.ms': '2' })
})

test('what is as it was needs no record, and what is only checked neither', () => {
  const { image: before } = incremental(image, 2, 't', ['retention.ms', set, '1'])
  const configs = [{ name: 'retention.ms', value: '1' }]
  const resources = [{ resourceType: 2, resourceName: 't', configs }]
  expect(alterConfigs(before, { resources, validateOnly: false }, 'protocol').records).toEqual([])
  expect(alterConfigs(image, { resources, validateOnly: true }, 'protocol').records).toEqual([])
})

function incremental(before: typeof image, type: number, name: string, ...changes: Change[]) {
  const configs = changes.map(([key, configOperation, value]) => {
    return { name: key, configOperation, value }
  })
  const resources = [{ resourceType: type, resourceName: name, configs }]
  const decided = incrementalAlterConfigs(before, { resources, validateOnly: false }, 'protocol')
  return {
    image: decided.records.length === 0 ? before : applyRecords(before, decided.records),
    responses: decided.response.responses,
  }
}

function entries(of: typeof image, type: number, name: string) {
  return Object.fromEntries(configOf(of, { type, name }))
}
