import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { brokerConfig } from '../../broker/protocol/config/broker-config.ts'
import { topicConfig } from '../../broker/protocol/config/topic-config.ts'
import { servedKinds } from '../../operator/api/crd/crds.ts'
import type { Schema } from '../../operator/api/crd/schema.ts'
import type { Validation } from '../../operator/api/crd/validation.ts'
import { checkResource, type Resource } from '../../operator/api/schema/resource.ts'
import { badDocuments } from '../operator/api/bad-manifests/documents.ts'
import { badKafkaClusters } from '../operator/api/bad-manifests/kafka-clusters.ts'
import { badTopics } from '../operator/api/bad-manifests/topics.ts'
import { apply, causesOf, pathOf, readCrds, startWithCrds, tryCreate } from '../support/crds.ts'
import { KubeApiServer, whyNoKube } from '../support/kube-api-server.ts'
import { type Refused, refused } from './refused.ts'

const noKube = whyNoKube()
const timeout = 60_000

describe.skipIf(noKube !== undefined)(noKube ?? 'an API server', { timeout }, () => {
  let kube: KubeApiServer
  beforeAll(async () => {
    kube = await startWithCrds(() => KubeApiServer.start())
  }, timeout)
  afterAll(() => kube?.[Symbol.asyncDispose]())

  /** What it says to a change, or to a new resource; nothing is left of either. */
  async function answerTo(plural: string, now: string | object, before?: string | object) {
    if (before === undefined) return tryCreate(kube, plural, asBody(now))
    const name = 'demo'
    const first = await apply(kube, plural, name, asBody(before))
    expect(first.status, String(first.body['message'])).toBeLessThan(300)
    try {
      return await apply(kube, plural, name, asBody(now))
    } finally {
      await kube.request('DELETE', pathOf(plural, name))
    }
  }

  test.each([...badKafkaClusters, ...badTopics, ...badDocuments])(
    'refuses as the local check does: $name',
    async ({ yaml, before, expected }) => {
      const answer = await answerTo(pluralOf(yaml), yaml, before)
      expect([400, 422]).toContain(answer.status)
      const name = expected.field?.split(/\[|\]|\./).findLast((step) => step !== '') ?? ''
      const told = String(answer.body['message']).toLowerCase()
      expect(told).toContain((expected.apiServerSays ?? name).toLowerCase())
    },
  )

  test.each(refused)('tells of $field: $message', async (one) => {
    const { plural } = tableOf(one)
    const before = one.before === undefined ? undefined : resourceOf(one, one.before)
    const answer = await answerTo(plural, resourceOf(one, one.spec), before)
    expect(answer.status).toBe(422)
    const told = causesOf(answer).map(({ field, message }) => ({
      field,
      message: message.replace(/^(Invalid value|Forbidden): ("[^"]*": |-?\d+: )?/, ''),
    }))
    expect(told).toEqual([{ field: one.field, message: one.message }])
  })

  test('takes a good value of every setting, and refuses a bad one of each with what it must be', async () => {
    const settings = { ...brokerConfig, ...topicConfig }
    for (const [kind, names] of [
      ['KafkaCluster', settingsAskedOf('kafkaclusters.yaml')],
      ['Topic', settingsAskedOf('topics.yaml')],
    ] as const) {
      const spec =
        kind === 'Topic' ? { clusterRef: { name: 'demo' } } : { brokers: { replicas: 1 } }
      const withConfig = (valueOf: (name: string) => string | null | undefined) => {
        const config = Object.fromEntries(names.map((name) => [name, valueOf(name)]))
        return resourceOf({ kind }, { ...spec, config })
      }
      const plural = tableOf({ kind }).plural
      const good = await answerTo(
        plural,
        withConfig((name) => settings[name as 'kavka.flush'].default),
      )
      expect(good.body['message']).toBeUndefined()
      const bad = causesOf(
        await answerTo(
          plural,
          withConfig(() => '?'),
        ),
      )
      expect(bad.map(({ field }) => field).sort()).toEqual(
        names.map((name) => `spec.config[${name}]`).sort(),
      )
      for (const { message } of bad) expect(message).toMatch(/^Invalid value: must be /)
    }
  })
})

test('the local check refuses the same, with the same words', () => {
  for (const one of refused) {
    const change = one.before === undefined ? {} : { old: resourceOf(one, one.before) }
    const problems = checkResource(tableOf(one), resourceOf(one, one.spec), change)
    expect(problems, one.message).toHaveLength(1)
    const field = problems[0]?.field.replace('[ephemeral-storage]', '.ephemeral-storage')
    expect(field?.startsWith(one.field), one.message).toBe(true)
    // Of a map the local check tells of each key, and what may be meant.
    if (field === one.field) expect(problems[0]?.message).toContain(beginOf(one.message))
  }
})

test('each rule of a CRD is broken by one of these', () => {
  for (const { kind, plural } of servedKinds) {
    const ours = refused.filter((one) => one.kind === kind)
    for (const { field, message } of rulesOf(`${plural}.yaml`)) {
      if (field.startsWith('spec.config[') && !message.includes('replicationFactor')) continue
      const settings = /^must (be settings|leave out)/.test(message)
      const broken = ours.some(
        (one) => one.field === field && (settings || one.message.startsWith(beginOf(message))),
      )
      expect(broken, `${kind} ${field} ${message}`).toBe(true)
    }
  }
})

/** Without what was found, and what to do. */
function beginOf(message: string): string {
  return message.split(/[,:;]/)[0] as string
}

function pluralOf(yaml: string): string {
  return /^kind: KafkaCluster/m.test(yaml) ? 'kafkaclusters' : 'topics'
}

function tableOf({ kind }: Pick<Refused, 'kind'>): Resource {
  return servedKinds.find((table) => table.kind === kind) as Resource
}

function resourceOf({ kind, name = 'demo' }: Pick<Refused, 'kind' | 'name'>, spec: unknown) {
  return { apiVersion: 'kavka.dev/v1alpha1', kind, metadata: { name }, spec }
}

function asBody(resource: string | object) {
  return typeof resource === 'string' ? resource : (resource as { [name: string]: unknown })
}

type Told = { readonly field: string; readonly message: string }

/** All rules of a CRD, with the field that each is told of. */
function rulesOf(file: string): Told[] {
  const text = readCrds().find((one) => one.file === file)?.text ?? ''
  const { spec } = parse(text) as {
    spec: { versions: { schema: { openAPIV3Schema: Schema } }[] }
  }
  return walk(spec.versions[0]?.schema.openAPIV3Schema ?? {}, '')
}

function walk(schema: Schema, at: string): Told[] {
  const own = (schema['x-kubernetes-validations'] ?? []).map(
    ({ message, fieldPath = '' }: Validation) => ({
      field: `${at}${fieldPath.replaceAll("'", '')}`.replace(/^\./, ''),
      message,
    }),
  )
  const below = Object.entries(schema.properties ?? {}).flatMap(([name, each]) =>
    walk(each, at === '' ? name : `${at}.${name}`),
  )
  const elements = [schema.items, schema.additionalProperties].flatMap((each) =>
    each === undefined ? [] : walk(each, `${at}[]`),
  )
  return [...own, ...below, ...elements]
}

/** The settings whose values are looked at. */
function settingsAskedOf(file: string): string[] {
  const names = rulesOf(file).flatMap(
    ({ field }) => /^spec\.config\[(.+)\]$/.exec(field)?.[1] ?? [],
  )
  return [...new Set(names)]
}
