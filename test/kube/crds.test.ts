import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { KafkaCluster } from '../../operator/api/kafka-cluster/kafka-cluster.ts'
import { readResource } from '../../operator/api/schema/resource.ts'
import { Topic } from '../../operator/api/topic/topic.ts'
import { apply, pathOf, readCrds, startWithCrds, tryCreate } from '../support/crds.ts'
import { KubeApiServer, type KubeObject, whyNoKube } from '../support/kube-api-server.ts'

const noKube = whyNoKube()
const timeout = 60_000

const apiVersion = 'kavka.dev/v1alpha1'
const metadata = { name: 'demo' }
const cluster = { apiVersion, kind: 'KafkaCluster', metadata, spec: { brokers: { replicas: 3 } } }
const topic = { apiVersion, kind: 'Topic', metadata, spec: { clusterRef: { name: 'demo' } } }
const lastTransitionTime = '2026-01-01T00:00:00Z'
const ready = { type: 'Ready', status: 'True', reason: 'Ready', message: '', lastTransitionTime }

test('each is small enough for whatever stores it', () => {
  for (const { file, text } of readCrds()) {
    expect(Buffer.byteLength(text), file).toBeLessThan(100_000)
  }
})

describe.skipIf(noKube !== undefined)(noKube ?? 'an API server', { timeout }, () => {
  let kube: KubeApiServer
  beforeAll(async () => {
    kube = await startWithCrds(() => KubeApiServer.start())
  }, timeout)
  afterAll(() => kube?.[Symbol.asyncDispose]())

  async function patchStatus(plural: string, status: KubeObject): Promise<void> {
    const answer = await kube.request('PATCH', `${pathOf(plural, 'demo')}/status`, {
      body: { status },
      contentType: 'application/merge-patch+json',
    })
    expect(answer.body['message']).toBeUndefined()
  }

  /** What `kubectl get` prints. */
  async function printed(plural: string): Promise<{ names: string[]; cells: unknown[] }> {
    const { body } = await kube.request('GET', pathOf(plural), {
      accept: 'application/json;as=Table;v=v1;g=meta.k8s.io',
    })
    const { columnDefinitions, rows } = body as {
      columnDefinitions: { name: string; priority: number }[]
      rows: { cells: unknown[] }[]
    }
    return { names: columnDefinitions.map(({ name }) => name), cells: rows[0]?.cells ?? [] }
  }

  test('finds them nothing to complain of', async () => {
    const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
    const { body } = await kube.request('GET', path)
    const { items } = body as {
      items: { status: { conditions: { type: string; status: string }[] } }[]
    }
    expect(items).toHaveLength(3)
    for (const { status } of items) {
      const conditions = status.conditions.map(({ type, status }) => `${type} ${status}`)
      expect(conditions.toSorted()).toEqual(['Established True', 'NamesAccepted True'])
    }
  })

  test('knows them by their names, and those of users in one category', async () => {
    const { body } = await kube.request('GET', '/apis/kavka.dev/v1alpha1')
    const { resources } = body as {
      resources: { name: string; kind: string; shortNames?: string[]; categories?: string[] }[]
    }
    const known = resources.map(({ name, kind, shortNames, categories }) => {
      return [name, kind, ...(shortNames ?? []), ...(categories ?? [])].join(' ')
    })
    expect(known.toSorted()).toEqual([
      'clustermetadatas ClusterMetadata',
      'kafkaclusters KafkaCluster kvc kavka',
      'kafkaclusters/scale Scale',
      'kafkaclusters/status KafkaCluster',
      'topics Topic kvt kavka',
      'topics/status Topic',
    ])
  })

  test('fills in the same defaults as we do', async () => {
    const full = {
      ...cluster,
      spec: {
        brokers: { replicas: 3, rack: {}, template: { pod: { tolerations: [{ key: 'a' }] } } },
        listeners: [{ name: 'plain', port: 9092 }],
      },
    }
    for (const [table, plural, resource] of [
      [KafkaCluster, 'kafkaclusters', cluster],
      [KafkaCluster, 'kafkaclusters', full],
      [Topic, 'topics', topic],
    ] as const) {
      const { body } = await tryCreate(kube, plural, resource)
      expect(body['spec']).toEqual(readResource(table, resource).spec)
    }
  })

  test('takes the examples', async () => {
    for (const file of ['cluster.yaml', 'topics.yaml']) {
      const text = readFileSync(
        join(import.meta.dirname, '../../examples/quickstart', file),
        'utf8',
      )
      for (const document of parseAllDocuments(text)) {
        const resource = document.toJS() as KubeObject
        const plural = resource['kind'] === 'Topic' ? 'topics' : 'kafkaclusters'
        expect((await tryCreate(kube, plural, resource)).body['message']).toBeUndefined()
      }
    }
  })

  test('prints a cluster as we want it, and scales it', async () => {
    await apply(kube, 'kafkaclusters', 'demo', cluster)
    await patchStatus('kafkaclusters', {
      brokers: { desired: 3, ready: 2, summary: '2/3', selector: 'kavka.dev/cluster=demo' },
      topics: { total: 12, underReplicated: 1 },
      conditions: [ready],
    })
    const { names, cells } = await printed('kafkaclusters')
    expect(names.join(' ')).toBe('Name Brokers Topics URP Leaderless Ready Reason Age')
    expect(cells.slice(0, -1)).toEqual(['demo', '2/3', 12, 1, 0, 'True', 'Ready'])

    const scale = await kube.request('PATCH', `${pathOf('kafkaclusters', 'demo')}/scale`, {
      body: { spec: { replicas: 5 } },
      contentType: 'application/merge-patch+json',
    })
    expect(scale.body).toMatchObject({
      spec: { replicas: 5 },
      status: { replicas: 2, selector: 'kavka.dev/cluster=demo' },
    })
    const { body } = await kube.request('GET', pathOf('kafkaclusters', 'demo'))
    expect(body['spec']).toMatchObject({ brokers: { replicas: 5 } })
  })

  test('prints a topic as we want it; its status is not for whoever writes the spec', async () => {
    await apply(kube, 'topics', 'demo', { ...topic, status: { topicId: 'mine' } })
    expect((await kube.request('GET', pathOf('topics', 'demo'))).body['status']).toBeUndefined()
    await patchStatus('topics', {
      partitions: ['0:3:5:0,1,2:0,1'],
      summary: { online: 1, underReplicated: 1 },
      conditions: [ready],
    })
    const { names, cells } = await printed('topics')
    expect(names.join(' ')).toBe('Name Cluster Partitions RF Online URP Ready Reason Age')
    expect(cells.slice(0, -1)).toEqual(['demo', 'demo', 1, null, 1, 1, 'True', 'Ready'])
  })

  test('lets the head of a metadata log grow on condition that the chain is what it was', async () => {
    const [first, second] = ['a'.repeat(43), 'b'.repeat(43)]
    const writer = { epoch: 1, incarnationId: 'A'.repeat(22) }
    const batches = ['AAAA']
    const spec = { formatVersion: 1, type: 'Head', endOffset: 1, chain: first, writer, batches }
    const head = { apiVersion, kind: 'ClusterMetadata', metadata: { name: 'demo-log' }, spec }
    expect((await apply(kube, 'clustermetadatas', 'demo-log', head)).status).toBe(201)
    const append = [
      { op: 'test', path: '/spec/chain', value: first },
      { op: 'replace', path: '/spec/chain', value: second },
      { op: 'replace', path: '/spec/endOffset', value: 2 },
      { op: 'add', path: '/spec/batches/-', value: 'A'.repeat(87_384) },
    ]
    const send = () =>
      kube.request('PATCH', pathOf('clustermetadatas', 'demo-log'), {
        body: append,
        contentType: 'application/json-patch+json',
      })
    expect((await send()).status).toBe(200)
    expect((await send()).status).toBe(422) // somebody else was first

    const part = { formatVersion: 1, type: 'Segment', firstOffset: 0, endOffset: 1 }
    const segment = {
      ...head,
      metadata: { name: 'demo-segment' },
      spec: { ...part, data: 'A'.repeat(699_052) },
    }
    expect((await tryCreate(kube, 'clustermetadatas', segment)).status).toBe(201)
  })
})
