import { expect, test } from 'vitest'
import { Metrics } from '../../../../../lib/metrics.ts'
import { Topic } from '../../../../../operator/api/topic/topic.ts'
import { foundIn, KubeError, valueOf } from '../../../../../operator/kube/api/requests/answer.ts'
import { FakeKubeApi } from '../../../../support/fake-kube-api.ts'
import { FaultProxy } from '../../../../support/fault-proxy.ts'
import { openKubeApi } from '../../../../support/kube-parts.ts'

const topics = '/apis/kavka.dev/v1alpha1/namespaces/default/topics'
const orders = { namespace: 'default', name: 'orders' }
const input = (partitions: number) => ({
  apiVersion: Topic.apiVersion,
  kind: Topic.kind,
  metadata: { name: 'orders', namespace: 'default' },
  spec: { partitions },
})

test('an object is made, read, changed and deleted', async () => {
  await using fake = await FakeKubeApi.start()
  await using api = openKubeApi(fake.access)
  const made = valueOf(await api.objects.create(Topic, 'default', input(1)))
  expect(made.metadata.name).toBe('orders')
  expect(await api.objects.create(Topic, 'default', input(1))).toMatchObject({
    failure: { type: 'already-exists' },
  })

  valueOf(await api.objects.apply(Topic, orders, input(3)))
  expect(valueOf(await api.objects.get(Topic, orders))).toMatchObject({ spec: { partitions: 3 } })
  const applied = fake.requests.at(-2)
  expect(applied?.headers['content-type']).toBe('application/apply-patch+yaml')
  expect(applied?.query.toString()).toBe('fieldManager=kavka')

  const { uid } = made.metadata
  expect(await api.objects.delete(Topic, orders, { uid: 'of another one' })).toMatchObject({
    failure: { type: 'conflict' },
  })
  valueOf(await api.objects.delete(Topic, orders, { uid }))
  expect(foundIn(await api.objects.get(Topic, orders))).toBeUndefined()
})

test('a JSON patch with a test changes only what it expects', async () => {
  await using fake = await FakeKubeApi.start()
  await using api = openKubeApi(fake.access)
  fake.put(`${topics}/orders`, { spec: { chain: 'a', batches: [] } })
  const patch = (from: string, to: string) =>
    api.log.jsonPatch(Topic, orders, [
      { op: 'test', path: '/spec/chain', value: from },
      { op: 'replace', path: '/spec/chain', value: to },
    ])
  valueOf(await patch('a', 'b'))
  expect(await patch('a', 'c')).toMatchObject({ failure: { type: 'invalid', causes: [] } })
  expect(fake.get(`${topics}/orders`)).toMatchObject({ spec: { chain: 'b' } })
})

test('a merge patch of an old version is a conflict', async () => {
  await using fake = await FakeKubeApi.start()
  await using api = openKubeApi(fake.access)
  const { metadata } = fake.put(`${topics}/orders`, { status: {} })
  fake.put(`${topics}/orders`, { status: { seen: true } })
  const { resourceVersion } = metadata
  const place = { ...orders, subresource: 'status' }
  const patch = { metadata: { resourceVersion }, status: { seen: false } }
  expect(await api.status.mergePatch(Topic, place, patch)).toMatchObject({
    failure: { type: 'conflict' },
  })
})

test('a list comes whole, in pages of 500', async () => {
  await using fake = await FakeKubeApi.start()
  await using api = openKubeApi(fake.access)
  for (let at = 0; at < 1_001; at++) fake.put(`${topics}/topic-${at}`, {})
  const { items } = valueOf(await api.objects.list(Topic, { namespace: 'default' }))
  expect(items).toHaveLength(1_001)
  expect(fake.count('list')).toBe(3)
})

test('the answer has metadata only where nobody needs the rest', async () => {
  await using fake = await FakeKubeApi.start()
  await using api = openKubeApi(fake.access)
  fake.put(`${topics}/orders`, {})
  await api.log.get(Topic, orders, { metadataOnly: true })
  await api.objects.list(Topic, { metadataOnly: true })
  expect(fake.requests.map(({ headers }) => headers.accept)).toEqual([
    'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
    'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
  ])
})

test('what is not answered in time is unknown, and the next request is none the worse', async () => {
  await using fake = await FakeKubeApi.start()
  await using api = openKubeApi(fake.access)
  fake.put(`${topics}/orders`, {})
  fake.intercept = () => 'hang'
  const answer = await api.log.get(Topic, orders, { timeoutMs: 50 })
  expect(answer).toMatchObject({
    failure: {
      type: 'unknown',
      message: 'no answer of the API server: it took longer than 50 ms',
    },
  })
  fake.intercept = () => undefined
  valueOf(await api.log.get(Topic, orders))
})

test('who shows who asks may hang, which is no answer either', async () => {
  await using fake = await FakeKubeApi.start()
  const credentials = () => new Promise<never>(() => {})
  await using api = openKubeApi({ url: fake.access.url, credentials })
  expect(await api.log.get(Topic, orders, { timeoutMs: 50 })).toMatchObject({
    failure: { type: 'unknown', message: expect.stringContaining('50 ms') },
  })
})

test('nobody is asked as nobody: credentials that cannot be had are the reason that is told', async () => {
  await using fake = await FakeKubeApi.start()
  const credentials = () => Promise.reject(new Error('ENOENT: token'))
  await using api = openKubeApi({ url: fake.access.url, credentials })
  expect(await api.log.get(Topic, orders)).toMatchObject({
    failure: { type: 'unknown', message: 'no answer of the API server: ENOENT: token' },
  })
  expect(fake.requests).toEqual([])
})

test('a write whose answer was lost is unknown, was done once, and is not sent again', async () => {
  await using fake = await FakeKubeApi.start()
  await using proxy = await FaultProxy.start(fake.access)
  await using api = openKubeApi(proxy.access)
  proxy.fault = () => 'lose-answer'
  const answer = await api.objects.create(Topic, 'default', input(1))
  expect(answer).toMatchObject({ failure: { type: 'unknown' } })
  expect(fake.count('post')).toBe(1)
  expect(fake.get(`${topics}/orders`)).toBeDefined()
})

test.each(['reset', { cutAfterBytes: 20 }, { status: 500 }] as const)(
  'the outcome is unknown after %j',
  async (fault) => {
    await using fake = await FakeKubeApi.start()
    await using proxy = await FaultProxy.start(fake.access)
    await using api = openKubeApi(proxy.access)
    fake.put(`${topics}/orders`, {})
    proxy.fault = () => fault
    const answer = await api.objects.get(Topic, orders)
    expect(answer).toMatchObject({ failure: { type: 'unknown' } })
    expect(() => foundIn(answer)).toThrow(KubeError)
  },
)

test('an API server that is not there is unknown at once', async () => {
  const fake = await FakeKubeApi.start()
  await using api = openKubeApi(fake.access)
  await fake[Symbol.asyncDispose]()
  expect(await api.log.get(Topic, orders)).toMatchObject({
    failure: { type: 'unknown', message: expect.stringContaining('ECONNREFUSED') },
  })
})

test('one connection carries all of one kind of traffic, and none waits for another', async () => {
  await using fake = await FakeKubeApi.start()
  await using api = openKubeApi(fake.access)
  fake.put(`${topics}/orders`, {})
  for (let count = 0; count < 50; count++) valueOf(await api.log.get(Topic, orders))
  expect(fake.connections).toBe(1)

  fake.intercept = ({ query }) => (query.has('limit') ? 'hang' : undefined)
  const hanging = Array.from({ length: 10 }, () => api.objects.list(Topic, {}, { timeoutMs: 200 }))
  valueOf(await api.log.get(Topic, orders, { timeoutMs: 150 }))
  await Promise.all(hanging)
})

test('what must go over an open connection goes over no other', async () => {
  await using fake = await FakeKubeApi.start()
  await using proxy = await FaultProxy.start(fake.access)
  await using api = openKubeApi(proxy.access)
  fake.put(`${topics}/orders`, { spec: { chain: 'a' } })
  const patch = () => {
    const change = [{ op: 'replace', path: '/spec/chain', value: 'b' }] as const
    return api.log.jsonPatch(Topic, orders, change, { overOpen: true })
  }
  expect(await patch()).toMatchObject({ failure: { type: 'unknown' } })
  valueOf(await api.log.get(Topic, orders))
  const before = api.log.interruptions
  valueOf(await patch())
  expect(api.log.interruptions).toBe(before)

  // It is closed, and nobody here knows yet: what is sent now is lost, and not sent anew.
  proxy.resetAll()
  expect(await patch()).toMatchObject({ failure: { type: 'unknown' } })
  expect(fake.count('patch')).toBe(1)
  expect(api.log.interruptions).toBeGreaterThan(before)
  valueOf(await api.log.get(Topic, orders))
  valueOf(await patch())
})

test('metrics tell what was asked and what came of it', async () => {
  await using fake = await FakeKubeApi.start()
  await using api = openKubeApi(fake.access)
  const metrics = new Metrics()
  api.addMetrics(metrics)
  fake.put(`${topics}/orders`, {})
  await api.log.get(Topic, orders)
  await api.log.get(Topic, { ...orders, name: 'none' })
  const text = await metrics.text()
  expect(text).toContain('kavka_kube_requests_total{traffic="log",verb="get",result="ok"} 1')
  expect(text).toContain('kavka_kube_requests_total{traffic="log",verb="get",result="not-found"} 1')
  expect(text).toContain('kavka_kube_request_duration_seconds_count{traffic="log"} 2')
})
