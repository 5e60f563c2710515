import fc from 'fast-check'
import { brokerConfig } from '../../broker/protocol/config/broker-config.ts'
import { topicConfig } from '../../broker/protocol/config/topic-config.ts'
import type { AnyField, FieldOptions } from '../../operator/api/schema/fields.ts'

/** Values of a field, most of them right: bounds, and what people and other programs write. */
export function arbitraryValue(field: AnyField): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 200, arbitrary: likely(field) }, { weight: 1, arbitrary: odd })
}

function withoutNull(field: AnyField): fc.Arbitrary<unknown> {
  return arbitraryValue(field).filter((value) => value !== null)
}

const odd = fc.constantFrom<unknown>(null, '', 'no', '1', 1, 1.5, true, [], {}, { a: 1 })

function likely({ kind, options, element, fields }: AnyField): fc.Arbitrary<unknown> {
  switch (kind) {
    case 'string':
      return text(options)
    case 'integer':
      return whole(options)
    case 'integerOrWord':
      return fc.oneof(text(options), whole(options))
    case 'boolean':
      return fc.boolean()
    case 'quantity':
      return fc.constantFrom<unknown>(...quantities)
    case 'duration':
      return fc.constantFrom(...durations)
    case 'map':
      // An API server drops null from a map without a word; the local check says that it is there.
      return options.settings === undefined
        ? fc.dictionary(key(options), withoutNull(element as AnyField), { maxKeys: 3 })
        : settings(options.settings)
    case 'list':
      return fc.array(arbitraryValue(element as AnyField), { maxLength: 3 })
    case 'object':
      return object(fields ?? {})
    case 'anything':
      return odd
  }
}

const quantities = [
  '1Gi',
  '64Mi',
  '512Mi',
  '2',
  '500m',
  1,
  67_108_864,
  '10G',
  '1e9',
  '1E9',
  '1Ei',
].concat(['0', '.5', '5.', '+1Gi', '-1', '1e400', '1gi', '1 Gi', 'Gi', '1e', '0x10', '1.5.'])
const durations = [
  '1500ms',
  '500ms',
  '150ms',
  '1s',
  '1.5s',
  '1m',
  '1h',
  '1m30s',
  '300ms',
  '0s',
].concat(['5m', '90s', '1', '-1s', '1s ', '1d', '1us', '.5s', '1m1m', '99999999h', '0.1ms'])

function text({ enum: words, pattern, minLength = 0, maxLength = 1_024 }: FieldOptions) {
  if (words !== undefined) return fc.constantFrom(...words)
  const any =
    pattern === undefined ? fc.string({ unit: 'grapheme' }) : fc.stringMatching(pattern.match)
  const long = fc
    .constantFrom(minLength, maxLength, maxLength + 1)
    .map((length) => 'a'.repeat(length))
  return fc.oneof({ weight: 10, arbitrary: any }, { weight: 1, arbitrary: long })
}

function whole({ min = -3, max = Number.MAX_SAFE_INTEGER }: FieldOptions) {
  const bounds = fc.constantFrom(min, min + 1, max, min - 1, max + 1)
  return fc.oneof({ weight: 5, arbitrary: fc.integer({ min, max }) }, bounds)
}

function key({ keys }: FieldOptions) {
  const named = keys === undefined ? fc.string() : fc.stringMatching(keys.match)
  return fc.oneof({ weight: 10, arbitrary: named }, fc.constantFrom('', 'a b', '-a', 'a/b/c'))
}

function settings(whose: 'topic' | 'broker') {
  const table = Object.entries(whose === 'topic' ? topicConfig : brokerConfig)
  // Of what has no effect only we look at the value.
  const names = table.filter(([, { support }]) => support !== 'accepted').map(([name]) => name)
  const values = ['1', '0', '-1', '-2', '100', '1048576', ' 5 ', '+5', '0.5', '1e-1', '5.', 'TRUE']
    .concat(['true', 'yes', '', 'compact', 'compact, delete', ',', 'producer', 'ZSTD', 'Always'])
    .concat(['2147483647', '2147483648', '-2147483649', '9223372036854775807', '1_000'])
  const name = fc.oneof(
    { weight: 30, arbitrary: fc.constantFrom(...names) },
    fc.constant('no.such'),
  )
  return fc.dictionary(name, fc.constantFrom(...values), { maxKeys: 2 })
}

function object(fields: { readonly [name: string]: AnyField }): fc.Arbitrary<unknown> {
  const members = Object.entries(fields).map(([name, field]) => {
    const value = arbitraryValue(field)
    const isRequired = field.options.optional !== true && field.options.default === undefined
    const freq = isRequired ? 60 : 2
    return [name, fc.option(value, { nil: undefined, freq })] as const
  })
  return fc.record(Object.fromEntries(members), { noNullPrototype: true })
}
