import { expect, test } from 'vitest'
import { parseTopicConfig } from '../../../../broker/protocol/config/topic-values.ts'

const map = (entries: Record<string, string>) => new Map(Object.entries(entries))

test('a topic that says nothing has Kafka’s defaults', () => {
  const config = parseTopicConfig(map({}))
  expect(config['segment.bytes']).toMatchObject({
    value: 1_073_741_824,
    text: '1073741824',
    source: 'DEFAULT_CONFIG',
  })
  expect(config['cleanup.policy'].value).toEqual(['delete'])
  expect(config['kavka.flush'].value).toBe('PageCache')
})

test('the topic’s own setting comes before the broker’s, and all are told', () => {
  const static_ = map({ 'log.segment.bytes': '2097152' })
  const dynamic = map({ 'log.segment.bytes': '3145728' })
  const config = parseTopicConfig(map({ 'segment.bytes': '1048576' }), [
    { source: 'DYNAMIC_DEFAULT_BROKER_CONFIG', entries: dynamic },
    { source: 'STATIC_BROKER_CONFIG', entries: static_ },
  ])
  expect(config['segment.bytes']).toEqual({
    value: 1_048_576,
    text: '1048576',
    source: 'DYNAMIC_TOPIC_CONFIG',
    synonyms: [
      { name: 'segment.bytes', text: '1048576', source: 'DYNAMIC_TOPIC_CONFIG' },
      { name: 'log.segment.bytes', text: '3145728', source: 'DYNAMIC_DEFAULT_BROKER_CONFIG' },
      { name: 'log.segment.bytes', text: '2097152', source: 'STATIC_BROKER_CONFIG' },
      { name: 'log.segment.bytes', text: '1073741824', source: 'DEFAULT_CONFIG' },
    ],
  })
})

test('hours and minutes of the broker are milliseconds of the topic', () => {
  const broker = (entries: Record<string, string>) =>
    parseTopicConfig(map({}), [{ source: 'STATIC_BROKER_CONFIG', entries: map(entries) }])
  expect(broker({ 'log.retention.hours': '1' })['retention.ms'].value).toBe(3_600_000)
  const both = broker({ 'log.retention.hours': '1', 'log.retention.minutes': '1' })['retention.ms']
  expect(both).toMatchObject({ value: 60_000, text: '60000' })
  expect(both.synonyms.map(({ name, text }) => `${name}=${text}`)).toEqual([
    'log.retention.minutes=1',
    'log.retention.hours=1',
    'log.retention.hours=168',
  ])
  expect(broker({ 'log.retention.hours': '-1' })['retention.ms'].value).toBe(-1)
})

test('what cannot be read is as if it were not there', () => {
  const config = parseTopicConfig(map({ 'segment.bytes': 'many', 'no.such': '1' }))
  expect(config['segment.bytes'].source).toBe('DEFAULT_CONFIG')
  expect(config).not.toHaveProperty('no.such')
})
