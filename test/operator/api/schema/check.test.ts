import fc from 'fast-check'
import { expect, expectTypeOf, test } from 'vitest'
import { servedKinds } from '../../../../operator/api/crd/crds.ts'
import {
  KafkaCluster,
  type KafkaClusterInput,
} from '../../../../operator/api/kafka-cluster/kafka-cluster.ts'
import type { AnyField } from '../../../../operator/api/schema/fields.ts'
import { checkResource, readResource } from '../../../../operator/api/schema/resource.ts'
import { Topic, type TopicInput } from '../../../../operator/api/topic/topic.ts'

const apiVersion = 'kavka.dev/v1alpha1'
const cluster: KafkaClusterInput = {
  apiVersion,
  kind: 'KafkaCluster',
  metadata: { name: 'demo' },
  spec: { brokers: { replicas: 1 } },
}
const topic: TopicInput = {
  apiVersion,
  kind: 'Topic',
  metadata: { name: 'orders' },
  spec: { clusterRef: { name: 'demo' } },
}

test('a resource as written needs what has no default, and as read has all that has one', () => {
  expect(checkResource(KafkaCluster, cluster)).toEqual([])
  const { spec } = readResource(KafkaCluster, cluster)
  expect(spec.brokers.storage).toEqual({
    type: 'PersistentVolume',
    size: '10Gi',
    retention: { whenScaled: 'Delete', whenDeleted: 'Retain' },
  })
  expect(spec.listeners).toEqual([{ name: 'plain', port: 9092, type: 'Internal' }])
  expect(spec.controller.sessionTimeout).toBe('1500ms')
  expect(readResource(Topic, topic).spec).toMatchObject({ partitions: 1, deletionPolicy: 'Delete' })
})

test('types come from the table', () => {
  const { spec } = readResource(Topic, topic)
  expectTypeOf(spec.deletionPolicy).toEqualTypeOf<'Delete' | 'Retain'>()
  expectTypeOf(spec.partitions).toEqualTypeOf<number>()
  expectTypeOf(spec.replicationFactor).toEqualTypeOf<number | undefined>()
  expectTypeOf(spec.config).toEqualTypeOf<{ readonly [key: string]: string }>()
  expectTypeOf<TopicInput['kind']>().toEqualTypeOf<'Topic'>()
  // @ts-expect-error a topic has a cluster
  const without: TopicInput['spec'] = { partitions: 1 }
  expect(without).toBeDefined()
})

test('the defaults of each table are right by its own rules, and filling in twice changes nothing', () => {
  for (const [table, value] of [
    [KafkaCluster, cluster],
    [Topic, topic],
  ] as const) {
    const filled = readResource(table, value)
    expect(checkResource(table, filled)).toEqual([])
    expect(readResource(table, filled)).toEqual(filled)
    expect(checkResource(table, filled, { old: value })).toEqual([])
  }
})

test('null is as good as nothing, as for an API server', () => {
  const spec = { clusterRef: { name: 'demo' }, partitions: null, topicName: null }
  expect(checkResource(Topic, { ...topic, spec })).toEqual([])
  expect(readResource(Topic, { ...topic, spec }).spec).toMatchObject({ partitions: 1 })
})

test('names of JavaScript’s own objects are no fields', () => {
  const spec = JSON.parse('{"clusterRef":{"name":"demo"},"__proto__":{},"toString":1}') as unknown
  const fields = checkResource(Topic, { ...topic, spec }).map(({ field }) => field)
  expect(fields).toEqual(['spec[__proto__]', 'spec.toString'])
})

test('whatever somebody writes is answered with problems, never with an error', () => {
  const words = [
    'spec',
    'metadata',
    'brokers',
    'config',
    'replicas',
    'listeners',
    'clusterRef',
    'name',
  ]
  const key = fc.oneof(fc.constantFrom(...words), fc.string())
  const { json } = fc.letrec((tie) => ({
    json: fc.oneof(
      { maxDepth: 5 },
      fc.oneof(fc.string(), fc.integer(), fc.double(), fc.boolean(), fc.constant(null)),
      fc.array(tie('json')),
      fc.dictionary(key, tie('json')),
    ),
  }))
  fc.assert(
    fc.property(fc.constantFrom(KafkaCluster, Topic), json, json, (table, value, old) => {
      for (const { field, reason, message } of checkResource(table, value, { old })) {
        expect(reason).toMatch(/^[A-Z][A-Za-z]+$/)
        expect(message).not.toBe('')
        expect(field).toBeTypeOf('string')
      }
    }),
  )
})

test('nothing is said that an API server could not hold against a resource', () => {
  for (const { spec, status } of servedKinds) {
    walk(spec)
    if (status !== undefined) walk(status)
  }

  function walk({ kind, options, element, fields, rules }: AnyField): void {
    expect(options.doc).toMatch(/\.$/)
    if (kind === 'list') expect(options.maxItems).toBeGreaterThan(0)
    if (kind === 'map') expect(options.maxProperties).toBeGreaterThan(0)
    // RE2 has no look-around and no references to what was found.
    expect(options.pattern?.match.source ?? '').not.toMatch(/\(\?[^:]|\\[1-9]/)
    expect(options.pattern?.match.flags ?? '').toBe('')
    for (const rule of rules?.always ?? []) expect(rule.cel).not.toContain('oldSelf')
    for (const rule of rules?.onChange ?? []) expect(rule.cel).toContain('oldSelf')
    if (element !== undefined) walk(element)
    for (const below of Object.values(fields ?? {})) walk(below)
  }
})
