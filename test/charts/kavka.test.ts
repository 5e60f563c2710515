import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { networkPolicy } from '../../operator/kafka-cluster/resources/network-policy.ts'
import { context, kafkaCluster } from '../operator/kafka-cluster/support.ts'
import { readCrds } from '../support/crds.ts'
import { chart, rendered, runHelm, whyNoHelm } from '../support/helm.ts'

type Rule = { apiGroups: string[]; resources: string[]; resourceNames?: string[]; verbs: string[] }
type Rendered = {
  kind: string
  metadata: { name: string; namespace?: string; annotations?: Record<string, string> }
  rules?: Rule[]
}
const objects = (...values: string[]) => rendered(...values) as unknown as Rendered[]
const ofKind = (kind: string, ...values: string[]) =>
  objects(...values).filter((object) => object.kind === kind)

test('it has the resource definitions of this version', () => {
  for (const { file, text } of readCrds()) {
    expect(readFileSync(join(chart, 'files/crds', file), 'utf8'), file).toBe(text)
  }
})

const noHelm = whyNoHelm()
describe.skipIf(noHelm !== undefined)(noHelm ?? 'helm', { timeout: 30_000 }, () => {
  test('finds nothing to complain of', () => {
    const { status, text } = runHelm(['lint', '--strict', chart, '--set', 'image.repository=r'])
    expect(status, text).toBe(0)
  })

  test.each([
    ['replica=3', 'replica'],
    ['image.name=x', 'name'],
    ['replicas=0', 'replicas'],
    ['watchNamespaces[0]=A', 'watchNamespaces'],
    ['image.digest=abc', 'digest'],
  ])('refuses a value that does not exist or cannot be: %s', (value, told) => {
    expect(() => rendered(value)).toThrow(told)
  })

  test('asks for an image while there is none to be had', () => {
    expect(() => rendered('image.repository=')).toThrow('image.repository: is missing')
  })

  test('keeps the resource definitions, and so all clusters and topics, on uninstall', () => {
    const definitions = ofKind('CustomResourceDefinition')
    expect(definitions.map(({ metadata }) => metadata.name).toSorted()).toEqual([
      'clustermetadatas.kavka.dev',
      'kafkaclusters.kavka.dev',
      'topics.kavka.dev',
    ])
    for (const { metadata } of definitions) {
      expect(metadata.annotations).toEqual({ 'helm.sh/resource-policy': 'keep' })
    }
    const [first] = ofKind('CustomResourceDefinition', 'crds.keep=false')
    expect(first?.metadata.annotations).toBeUndefined()
    expect(ofKind('CustomResourceDefinition', 'crds.install=false')).toEqual([])
  })

  test('renders the resource definitions as they are', () => {
    const specs = new Map(
      ofKind('CustomResourceDefinition').map((object) => [object.metadata.name, object]),
    )
    for (const { text } of readCrds()) {
      const { metadata, spec } = parse(text) as { metadata: { name: string }; spec: object }
      expect(specs.get(metadata.name)).toMatchObject({ spec })
    }
  })

  test('runs two operators, of which brokers of any cluster let in both', () => {
    const [deployment] = ofKind('Deployment') as unknown as {
      spec: { replicas: number; template: { metadata: { labels: Record<string, string> } } }
    }[]
    expect(deployment?.spec.replicas).toBe(2)
    const [, internal] = networkPolicy(kafkaCluster(), context).spec.ingress
    const operator = internal.from[1].podSelector.matchLabels
    expect(deployment?.spec.template.metadata.labels).toMatchObject(operator)
  })

  test('gives no right by a wildcard', () => {
    const rules = objects('watchNamespaces={a,b}').flatMap(({ rules }) => rules ?? [])
    expect(rules.length).toBeGreaterThan(20)
    for (const { apiGroups, resources, verbs } of rules) {
      for (const word of [...apiGroups, ...resources, ...verbs]) expect(word).not.toContain('*')
    }
  })

  test('gives the operator its rights only where it looks after clusters', () => {
    const roles = ofKind('Role', 'watchNamespaces={a,b}')
    const named = roles.map(({ metadata }) => `${metadata.namespace} ${metadata.name}`)
    expect(named.toSorted()).toEqual([
      'a kavka-operator',
      'b kavka-operator',
      'kavka kavka-operator-lease',
    ])
    const everywhere = (...values: string[]) => {
      const roles = ofKind('ClusterRole', 'watchNamespaces={a,b}', ...values)
      const own = roles.find(({ metadata }) => metadata.name === 'kavka-operator-kavka')
      return own?.rules?.map(({ resources, verbs }) => [...resources, ...verbs])
    }
    expect(everywhere()).toEqual([
      ['customresourcedefinitions', 'get'],
      ['nodes', 'get'],
    ])
    expect(everywhere('readNodes=false')).toEqual([['customresourcedefinitions', 'get']])
  })
})
