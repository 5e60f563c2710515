import { expect, test } from 'vitest'
import { brokerConfig } from '../../../../broker/protocol/config/broker-config.ts'
import {
  checkBrokerSettings,
  checkTopicSettings,
  withoutEffect,
} from '../../../../broker/protocol/config/check-settings.ts'
import { topicConfig } from '../../../../broker/protocol/config/topic-config.ts'
import { topicSynonyms } from '../../../../broker/protocol/config/topic-synonyms.ts'

const map = (entries: Record<string, string>) => new Map(Object.entries(entries))

test('settings that are right have no problem', () => {
  expect(checkTopicSettings(map({ 'retention.ms': '-1', 'cleanup.policy': 'compact' }))).toEqual([])
  expect(checkBrokerSettings(map({ 'min.insync.replicas': '2', 'num.partitions': '3' }))).toEqual(
    [],
  )
})

test('a name that Kafka does not have is refused with one that it has', () => {
  expect(checkTopicSettings(map({ 'retention.sm': '1', toString: '1' }))).toEqual([
    {
      name: 'retention.sm',
      reason: 'UnknownSetting',
      message: 'is no setting of a topic; did you mean retention.ms?',
    },
    { name: 'toString', reason: 'UnknownSetting', message: 'is no setting of a topic' },
  ])
})

test('the name that brokers have for it is answered with the name that topics have', () => {
  expect(checkTopicSettings(map({ 'log.retention.hours': '1' }))[0]?.message).toBe(
    'is no setting of a topic; did you mean retention.ms?',
  )
  expect(checkBrokerSettings(map({ 'retention.ms': '1' }))[0]?.message).toBe(
    'is no setting of a broker; did you mean log.retention.ms?',
  )
})

test('what kavka sets by itself is refused, and it is said what to do instead', () => {
  const [listeners, ssl] = checkBrokerSettings(
    map({ listeners: 'PLAINTEXT://:9092', 'ssl.keystore.location': '/a' }),
  )
  expect(listeners).toMatchObject({
    reason: 'OwnedSetting',
    message: 'is not yours to set: use spec.listeners',
  })
  expect(ssl?.message).toBe(
    'is not yours to set (kavka does not encrypt connections yet): leave it out',
  )
})

test('the least lag of compaction may not be above the greatest', () => {
  const problems = checkTopicSettings(
    map({ 'min.compaction.lag.ms': '2000', 'max.compaction.lag.ms': '1000' }),
  )
  expect(problems).toEqual([
    {
      name: 'min.compaction.lag.ms',
      reason: 'InvalidSetting',
      message: 'must be at most max.compaction.lag.ms (1000), found 2000',
    },
  ])
})

test('what is taken and has no effect can be told to its owner', () => {
  expect(
    withoutEffect(topicConfig, map({ preallocate: 'true', 'segment.bytes': '1048576' })),
  ).toEqual(['preallocate'])
  expect(brokerConfig['log.segment.bytes'].support).toBe('honoured')
  expect(brokerConfig['group.max.size'].support).toBe('honoured')
  expect(brokerConfig['num.io.threads'].support).toBe('accepted')
})

test('a broker’s setting has the type of the topic’s setting that it stands for', () => {
  for (const [name, synonyms] of Object.entries(topicSynonyms)) {
    for (const synonym of synonyms) {
      if (synonym.times !== undefined) continue
      expect([synonym.name, brokerConfig[synonym.name].type]).toEqual([
        synonym.name,
        topicConfig[name as keyof typeof topicConfig].type,
      ])
    }
  }
})

test('each setting is described', () => {
  for (const [name, { doc, source }] of Object.entries({ ...topicConfig, ...brokerConfig })) {
    expect([name, doc]).toEqual([name, expect.stringMatching(/^[^]{10,}\.$/)])
    expect(source).toMatch(/^(https:|docs\/)/)
  }
})
