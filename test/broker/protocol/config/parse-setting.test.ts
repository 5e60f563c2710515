import fc from 'fast-check'
import { expect, test } from 'vitest'
import { brokerConfig } from '../../../../broker/protocol/config/broker-config.ts'
import { parseSetting } from '../../../../broker/protocol/config/parse-setting.ts'
import type { KafkaSetting } from '../../../../broker/protocol/config/setting.ts'
import { topicConfig } from '../../../../broker/protocol/config/topic-config.ts'

const settings: [string, KafkaSetting][] = [
  ...Object.entries(topicConfig),
  ...Object.entries(brokerConfig),
]

test('each of Kafka’s defaults is a value of its setting', () => {
  for (const [name, setting] of settings) {
    if (typeof setting.default !== 'string') continue
    expect([name, parseSetting(setting, setting.default)]).toEqual([
      name,
      { value: expect.anything() },
    ])
  }
})

test('a text is read as its type says', () => {
  expect(parseSetting(topicConfig['segment.bytes'], ' 2097152 ')).toEqual({ value: 2_097_152 })
  expect(parseSetting(topicConfig['cleanup.policy'], 'compact, delete')).toEqual({
    value: ['compact', 'delete'],
  })
  expect(parseSetting(topicConfig['cleanup.policy'], '')).toEqual({ value: [] })
  expect(parseSetting(topicConfig.preallocate, 'TRUE')).toEqual({ value: true })
  expect(parseSetting(topicConfig['min.cleanable.dirty.ratio'], '.5')).toEqual({ value: 0.5 })
  expect(parseSetting(topicConfig['compression.gzip.level'], '-1')).toEqual({ value: -1 })
  expect(parseSetting(brokerConfig['group.consumer.migration.policy'], 'Upgrade')).toEqual({
    value: 'UPGRADE',
  })
})

test('a long that no number can hold is the largest one that is safe', () => {
  expect(parseSetting(topicConfig['flush.ms'], '9223372036854775807')).toEqual({
    value: Number.MAX_SAFE_INTEGER,
  })
  expect(parseSetting(topicConfig['flush.ms'], '9223372036854775808')).toEqual({
    problem: 'must be at most 9223372036854775807, found 9223372036854775808',
  })
})

test.each([
  ['segment.bytes', '100', 'must be at least 1048576, found 100'],
  ['segment.bytes', '2147483648', 'must be at most 2147483647, found 2147483648'],
  ['segment.bytes', '1e6', 'must be a whole number, found "1e6"'],
  ['segment.bytes', '', 'must be a whole number, found ""'],
  ['compression.gzip.level', '10', 'must be at most 9, or -1, found 10'],
  ['min.cleanable.dirty.ratio', '1.5', 'must be at most 1, found 1.5'],
  ['min.cleanable.dirty.ratio', 'NaN', 'must be a number, found "NaN"'],
  ['preallocate', 'yes', 'must be true or false, found "yes"'],
  [
    'cleanup.policy',
    'delete,compat',
    'must be compact or delete, found "compat"; did you mean compact?',
  ],
  ['cleanup.policy', 'delete,delete', 'must not have anything twice, found delete again'],
  ['kavka.flush', 'always', 'must be PageCache or Always, found "always"; did you mean Always?'],
] as const)('%s may not be "%s"', (name, text, problem) => {
  expect(parseSetting(topicConfig[name], text)).toEqual({ problem })
})

test('whatever the text, there is a value within the bounds or one line that says what is wrong', () => {
  const text = fc.oneof(fc.string(), fc.integer().map(String), fc.double().map(String))
  fc.assert(
    fc.property(fc.constantFrom(...settings), text, ([, setting], text) => {
      const parsed = parseSetting(setting, text)
      if ('problem' in parsed) {
        expect(parsed.problem).not.toMatch(/[\n\r]/)
      } else if (typeof parsed.value === 'number' && parsed.value !== setting.also) {
        expect(parsed.value).toBeGreaterThanOrEqual(setting.min ?? -Infinity)
        expect(parsed.value).toBeLessThanOrEqual(setting.max ?? Infinity)
      }
    }),
  )
})
