import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { realClock } from '../../lib/clock.ts'
import { silentLogger } from '../../lib/logger.ts'
import { Topic } from '../../operator/api/topic/topic.ts'
import type { Credentials } from '../../operator/kube/api/access/api-server.ts'
import { eventKind } from '../../operator/kube/api/events/event-object.ts'
import { EventRecorder } from '../../operator/kube/api/events/event-recorder.ts'
import type { KubeApi } from '../../operator/kube/api/kube-api.ts'
import { type Answer, foundIn, valueOf } from '../../operator/kube/api/requests/answer.ts'
import type {
  JsonPatchOperation,
  KubeObject,
} from '../../operator/kube/api/requests/kube-object.ts'
import type { Kind } from '../../operator/kube/api/requests/paths.ts'
import { startWithCrds } from '../support/crds.ts'
import { FaultProxy } from '../support/fault-proxy.ts'
import { KubeApiServer, whyNoKube } from '../support/kube-api-server.ts'
import { openKubeApi, Seen } from '../support/kube-parts.ts'
import { seeded } from '../support/mutate.ts'

const noKube = whyNoKube()
const timeout = 120_000
const configMaps = { apiVersion: 'v1', kind: 'ConfigMap', plural: 'configmaps' }
const namespaces = { apiVersion: 'v1', kind: 'Namespace', plural: 'namespaces' }
const namespace = 'default'
const patience = { timeout: 30_000, interval: 20 }

describe.skipIf(noKube !== undefined)(noKube ?? 'a real API server', { timeout }, () => {
  let kube: KubeApiServer
  let api: KubeApi & AsyncDisposable
  beforeAll(async () => {
    kube = await startWithCrds(() => KubeApiServer.start())
    api = openKubeApi(kube.access)
  }, timeout)
  afterAll(async () => {
    await api?.close()
    await kube?.[Symbol.asyncDispose]()
  })

  test('the same object applied again changes nothing', async () => {
    const place = { namespace, name: 'applied' }
    const apply = (size: string) => api.objects.apply(configMaps, place, configMap('applied', size))
    const first = valueOf(await apply('1'))
    expect(valueOf(await apply('1')).metadata.resourceVersion).toBe(first.metadata.resourceVersion)
    expect(valueOf(await apply('2')).metadata.resourceVersion).not.toBe(
      first.metadata.resourceVersion,
    )
  })

  test('a field of somebody else is a conflict that names it, unless it is taken', async () => {
    const path = `/api/v1/namespaces/${namespace}/configmaps/owned?fieldManager=somebody`
    const contentType = 'application/apply-patch+yaml'
    await kube.request('PATCH', path, { body: configMap('owned', '1'), contentType })
    const place = { namespace, name: 'owned' }
    const object = configMap('owned', '2')
    expect(failureOf(await api.objects.apply(configMaps, place, object))).toMatchObject({
      type: 'conflict',
      causes: [{ reason: 'FieldManagerConflict', field: '.data.size' }],
    })
    const taken = await api.objects.apply<Data>(configMaps, place, object, { force: true })
    expect(valueOf(taken).data['size']).toBe('2')
  })

  test('a JSON patch whose test fails, and one whose path is missing, look the same', async () => {
    valueOf(await api.log.create(configMaps, namespace, configMap('head', 'a')))
    const place = { namespace, name: 'head' }
    const patch = (from: string, change: JsonPatchOperation) =>
      api.log.jsonPatch(configMaps, place, [
        { op: 'test', path: '/data/size', value: from },
        change,
      ])
    const change = { op: 'replace', path: '/data/size', value: 'b' } as const
    expect(valueOf(await patch('a', change))).toMatchObject({ data: { size: 'b' } })
    for (const answer of [
      await patch('a', change),
      await patch('b', { op: 'remove', path: '/data/none' }),
      await patch('b', { op: 'replace', path: '/none/size', value: 'c' }),
    ]) {
      expect(failureOf(answer)).toMatchObject({ type: 'invalid', status: 422, causes: [] })
    }
  })

  test('what the schema refuses is told by field', async () => {
    const topic = { ...topicOf('bad', 1), spec: { clusterRef: { name: 'demo' }, partitions: 0 } }
    expect(failureOf(await api.objects.create(Topic, namespace, topic))).toMatchObject({
      type: 'invalid',
      causes: [{ field: 'spec.partitions' }],
    })
  })

  test('what etcd does not take, and what the API server does not take, is too large', async () => {
    const kind = await install('Large')
    const { apiVersion } = kind
    for (const megabytes of [1.6, 4]) {
      const spec = { text: 'x'.repeat(megabytes * 2 ** 20) }
      const object = { apiVersion, kind: 'Large', metadata: { name: 'large', namespace }, spec }
      expect(failureOf(await api.objects.create(kind, namespace, object)).type).toBe('too-large')
    }
  })

  test('an old version in a merge patch, and another uid in a deletion, are conflicts', async () => {
    const made = valueOf(await api.objects.create(configMaps, namespace, configMap('old', '1')))
    const place = { namespace, name: 'old' }
    const { uid, resourceVersion } = made.metadata
    const patch = (size: string) => ({ metadata: { resourceVersion }, data: { size } })
    valueOf(await api.objects.mergePatch(configMaps, place, patch('2')))
    const again = await api.objects.mergePatch(configMaps, place, patch('3'))
    expect(failureOf(again).type).toBe('conflict')
    const other = crypto.randomUUID()
    expect(failureOf(await api.objects.delete(configMaps, place, { uid: other })).type).toBe(
      'conflict',
    )
    valueOf(await api.objects.delete(configMaps, place, { uid }))
    expect(foundIn(await api.objects.get(configMaps, place))).toBeUndefined()
    expect(failureOf(await api.objects.delete(configMaps, place, { uid })).type).toBe('not-found')
  })

  test('answers with metadata only have no spec', async () => {
    const place = { namespace, name: 'slim' }
    const only = { metadataOnly: true }
    valueOf(await api.objects.create(Topic, namespace, topicOf('slim', 3), only))
    const patch = [{ op: 'replace', path: '/spec/partitions', value: 4 }] as const
    const patched = valueOf(await api.log.jsonPatch(Topic, place, patch, only))
    expect(patched).toMatchObject({ kind: 'PartialObjectMetadata', metadata: { name: 'slim' } })
    expect(patched).not.toHaveProperty('spec')
    const { items } = valueOf(await api.objects.list(Topic, { namespace, metadataOnly: true }))
    expect(items.find(({ metadata }) => metadata.name === 'slim')).not.toHaveProperty('spec')
  })

  test('the status is applied beside the spec, each with its own fields', async () => {
    const spec = { clusterRef: { name: 'demo' }, partitions: 2, replicationFactor: 1 }
    const object = { ...topicOf('both', 2), spec }
    const place = { namespace, name: 'both' }
    valueOf(await api.objects.apply(Topic, place, object))
    const status = { topicId: 'AAAAAAAAAAAAAAAAAAAAAA' }
    const { apiVersion, kind, metadata } = object
    const below = { ...place, subresource: 'status' }
    const told = { apiVersion, kind, metadata, status }
    expect(valueOf(await api.status.apply(Topic, below, told))).toMatchObject({ spec, status })
    // What one of the two leaves out is the other's, and stays.
    expect(valueOf(await api.objects.apply(Topic, place, object))).toMatchObject({ spec, status })
    const other = { ...told, status: { observedGeneration: 1 } }
    const without = valueOf(await api.status.apply(Topic, below, other))
    expect(without).toMatchObject({ spec, status: other.status, metadata: { generation: 1 } })
    expect(without).not.toHaveProperty('status.topicId')
  })

  test('an authority that changes is trusted from the next connection on', async () => {
    const { url, credentials } = kube.access
    const right = await credentials()
    const { ca: _, ...withoutCa } = right.tls
    let now: Credentials = { ...right, tls: withoutCa }
    await using changing = openKubeApi({ url, credentials: async () => now })
    const get = () => changing.objects.get(namespaces, { name: namespace })
    expect(failureOf(await get())).toMatchObject({ type: 'unknown' })
    now = right
    expect(valueOf(await get()).metadata.name).toBe(namespace)
  })

  test('the status is written beside the spec', async () => {
    valueOf(await api.objects.create(Topic, namespace, topicOf('status', 1)))
    const place = { namespace, name: 'status', subresource: 'status' }
    const status = { topicId: 'AAAAAAAAAAAAAAAAAAAAAA' }
    const patch = { spec: { partitions: 9 }, status }
    const written = valueOf(await api.status.mergePatch(Topic, place, patch))
    expect(written).toMatchObject({ spec: { partitions: 1 }, status, metadata: { generation: 1 } })
  })

  test('Events are taken, with a note that is as long as may be, and counted', async () => {
    const regarding = {
      ...Topic,
      ...valueOf(await api.objects.create(Topic, namespace, topicOf('told', 1))),
      apiVersion: Topic.apiVersion,
      kind: Topic.kind,
    }
    let [nowMs, monotonicMs] = [realClock.nowMs(), 0]
    const clock = { ...realClock, nowMs: () => nowMs, monotonicMs: () => monotonicMs }
    const { status: client } = api
    const recorder = new EventRecorder({ client, instance: 'o', clock, logger: silentLogger })
    const happening = { regarding, type: 'Warning', reason: 'A', action: 'B' } as const
    for (let minute = 0; minute < 3; minute++) {
      recorder.record({ ...happening, note: '€'.repeat(2_000) })
      await recorder.settled()
      nowMs += 60_000
      monotonicMs += 60_000
    }
    const { items } = valueOf(await api.objects.list<Told>(eventKind, { namespace }))
    const told = items.filter(({ metadata }) => metadata.name.startsWith('told-'))
    expect(told).toHaveLength(1)
    expect(told[0]?.series?.count).toBe(3)
    expect(told[0]?.note.length).toBeGreaterThan(300)
  })

  test('a watch misses nothing on a bad way, and lists once', async () => {
    const below = seeded(11)
    await using proxy = await FaultProxy.start(kube.access)
    await using throughProxy = openKubeApi(proxy.access)
    const seen = new Seen<KubeObject>()
    const labelSelector = 'kavka.test/watched'
    const selection = { namespace, labelSelector }
    const watch = throughProxy.watch<KubeObject>(configMaps, selection, seen.deliver)
    const running = watch.run()
    await until(() => expect(seen.lists).toBe(1))
    proxy.fault = ({ url }) => (url.includes('watch=true') && below(2) === 0 ? fault() : 'none')
    const deleted: string[] = []
    for (let step = 0; step < 150; step++) {
      const name = `watched-${below(20)}`
      const place = { namespace, name }
      const there = foundIn(await api.objects.get(configMaps, place))
      if (there !== undefined && below(3) === 0) {
        const { uid } = there.metadata
        valueOf(await api.objects.delete(configMaps, place, { uid }))
        deleted.push(uid)
      } else {
        const object = configMap(name, `${step}`, { labels: { [labelSelector]: '' } })
        valueOf(await api.objects.apply(configMaps, place, object))
      }
      if (below(8) === 0) proxy.resetAll()
    }
    proxy.fault = () => 'none'
    const { items } = valueOf(await api.objects.list(configMaps, selection))
    const versions = (all: Iterable<KubeObject>) =>
      Array.from(all, ({ metadata }) => `${metadata.name} ${metadata.resourceVersion}`).toSorted()
    await until(() => expect(versions(seen.objects.values())).toEqual(versions(items)))
    expect(seen.deletedUids).toEqual(deleted)
    expect(seen.lists).toBe(1)
    watch.stop()
    await running

    function fault() {
      const faults = ['reset', { status: 429 }, { cutAfterBytes: below(3_000) + 1 }] as const
      return faults[below(faults.length)] ?? 'none'
    }
  })

  test('a watch of a kind that is not there yet begins when it is', async () => {
    const later = kindOf('Later')
    const seen = new Seen<KubeObject>()
    const watch = api.watch<KubeObject>(later, { namespace }, seen.deliver)
    const running = watch.run()
    await install('Later')
    const { apiVersion, kind } = later
    const object = { apiVersion, kind, metadata: { name: 'one', namespace } }
    valueOf(await api.objects.create(later, namespace, object))
    await until(() => expect(seen.names).toEqual(['one']))
    watch.stop()
    await running
  })

  test('of two candidates one holds the Lease; the other takes over when it is let go of', async () => {
    const candidate = (identity: string) => {
      const roles: string[] = []
      const leadership = api.leadership({
        namespace,
        name: 'operator',
        identity,
        changed: (role) => roles.push(role),
      })
      return { leadership, roles, running: leadership.run() }
    }
    const first = candidate('first')
    await until(() => expect(first.leadership.role).toBe('holder'))
    const second = candidate('second')
    await until(() => expect(second.leadership.holder).toBe('first'))
    first.leadership.stop()
    await first.running
    expect(first.roles).toEqual(['holder', 'standby'])
    await until(() => expect(second.leadership.role).toBe('holder'))
    expect(first.leadership.role).toBe('standby')
    second.leadership.stop()
    await second.running
  })

  /** A kind of which an object may hold anything, once it is served. */
  async function install(name: string): Promise<Kind> {
    const kind = kindOf(name)
    const crd = crdOf(kind)
    valueOf(
      await api.objects.create({ ...crd, plural: 'customresourcedefinitions' }, undefined, crd),
    )
    await vi.waitFor(async () => valueOf(await api.objects.list(kind, { namespace })), patience)
    return kind
  }
})

function kindOf(kind: string): Kind {
  return { apiVersion: 'kavka.test/v1', kind, plural: `${kind.toLowerCase()}s` }
}

function crdOf({ kind, plural }: Kind) {
  const openAPIV3Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.kavka.test` },
    spec: {
      group: 'kavka.test',
      scope: 'Namespaced',
      names: { kind, plural },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema } }],
    },
  }
}

type Data = KubeObject & { readonly data: Readonly<Record<string, string>> }
type Told = KubeObject & { readonly note: string; readonly series?: { readonly count: number } }

function configMap(name: string, size: string, metadata: object = {}) {
  const { apiVersion, kind } = configMaps
  return { apiVersion, kind, metadata: { name, namespace, ...metadata }, data: { size } }
}

function topicOf(name: string, partitions: number) {
  const { apiVersion, kind } = Topic
  const spec = { clusterRef: { name: 'demo' }, partitions, replicationFactor: 1 }
  return { apiVersion, kind, metadata: { name, namespace }, spec }
}

function failureOf(answer: Answer<unknown>) {
  if (answer.ok) throw new Error('it is no failure')
  return answer.failure
}

function until(check: () => void): Promise<void> {
  return vi.waitFor(check, patience)
}
