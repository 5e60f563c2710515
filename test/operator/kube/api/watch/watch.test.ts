import { expect, test, vi } from 'vitest'
import { realClock } from '../../../../../lib/clock.ts'
import { Metrics } from '../../../../../lib/metrics.ts'
import { Topic } from '../../../../../operator/api/topic/topic.ts'
import type { KubeApi } from '../../../../../operator/kube/api/kube-api.ts'
import type { KubeObject } from '../../../../../operator/kube/api/requests/kube-object.ts'
import { FakeKubeApi } from '../../../../support/fake-kube-api.ts'
import { FaultProxy } from '../../../../support/fault-proxy.ts'
import { openKubeApi, Seen } from '../../../../support/kube-parts.ts'
import { ManualClock } from '../../../../support/manual-clock.ts'

const topics = '/apis/kavka.dev/v1alpha1/namespaces/default/topics'

test('it tells what is there, and then every change', async () => {
  await using fake = await FakeKubeApi.start()
  await using api = openKubeApi(fake.access)
  for (let at = 0; at < 1_100; at++) fake.put(`${topics}/topic-${at}`, {})
  await using seen = watchTopics(api)
  await until(() => expect(seen.objects.size).toBe(1_100))

  const { uid } = fake.put(`${topics}/orders`, { spec: { partitions: 1 } }).metadata
  fake.put(`${topics}/orders`, { spec: { partitions: 2 } })
  await until(() => expect(seen.objects.get('orders')).toMatchObject({ spec: { partitions: 2 } }))
  fake.remove(`${topics}/orders`)
  await until(() => expect(seen.deletedUids).toEqual([uid]))
  expect(seen.lists).toBe(1)
})

test('objects come without managedFields', async () => {
  await using fake = await FakeKubeApi.start()
  await using api = openKubeApi(fake.access)
  fake.put(`${topics}/listed`, {})
  await using seen = watchTopics(api)
  await until(() => expect(seen.names).toEqual(['listed']))
  fake.put(`${topics}/told`, {})
  await until(() => expect(seen.names).toEqual(['listed', 'told']))
  for (const { metadata } of seen.objects.values())
    expect(metadata).not.toHaveProperty('managedFields')
})

test('a deletion while a watch is between two connections is told, without a list', async () => {
  await using fake = await FakeKubeApi.start()
  await using proxy = await FaultProxy.start(fake.access)
  await using api = openKubeApi(proxy.access)
  const { uid } = fake.put(`${topics}/orders`, {}).metadata
  await using seen = watchTopics(api)
  await until(() => expect(fake.openWatches).toBe(1))
  proxy.fault = () => ({ status: 503 })
  proxy.resetAll()
  fake.remove(`${topics}/orders`)
  proxy.fault = () => 'none'
  await until(() => expect(seen.deletedUids).toEqual([uid]))
  expect(seen.lists).toBe(1)
})

test('after a list anew what is missing is not told as deleted', async () => {
  await using fake = await FakeKubeApi.start()
  await using proxy = await FaultProxy.start(fake.access)
  await using api = openKubeApi(proxy.access)
  fake.put(`${topics}/orders`, {})
  await using seen = watchTopics(api)
  await until(() => expect(fake.openWatches).toBe(1))
  proxy.fault = () => ({ status: 503 })
  proxy.resetAll()
  fake.remove(`${topics}/orders`)
  fake.compact()
  proxy.fault = () => 'none'
  await until(() => expect(seen.lists).toBe(2))
  expect(seen.names).toEqual([])
  expect(seen.deletedUids).toEqual([])
})

test('a busy API server is left alone for as long as it asks, and nothing is listed again', async () => {
  await using fake = await FakeKubeApi.start()
  await using api = openKubeApi(fake.access)
  let refused = 0
  fake.intercept = ({ query }) => {
    if (!query.has('watch') || refused === 3) return undefined
    refused++
    return { status: 429, body: { reason: 'TooManyRequests' }, headers: { 'retry-after': '0' } }
  }
  await using seen = watchTopics(api)
  await until(() => expect(fake.openWatches).toBe(1))
  fake.put(`${topics}/orders`, {})
  await until(() => expect(seen.names).toEqual(['orders']))
  expect(seen.lists).toBe(1)
  expect(fake.count('watch')).toBe(4)
})

test('a request that got lost is given up after 15 s, and asked again', async () => {
  await using fake = await FakeKubeApi.start()
  await using proxy = await FaultProxy.start(fake.access)
  const clock = new ManualClock()
  await using api = openKubeApi(proxy.access, clock)
  const asked: string[] = []
  proxy.fault = ({ url }) => {
    asked.push(url)
    return asked.length % 2 === 1 ? 'drop' : 'none'
  }
  await using seen = watchTopics(api)
  await passing(clock, 0, () => expect(asked).toHaveLength(1))
  await passing(clock, 15_000, () => expect(seen.lists).toBe(1))
  await passing(clock, 0, () => expect(asked).toHaveLength(3))
  await passing(clock, 15_000, () => expect(fake.openWatches).toBe(1))
  expect(seen.lists).toBe(1)
})

test('an API server with an older etcd says nothing: after 30 s it is asked, and all is listed', async () => {
  await using fake = await FakeKubeApi.start()
  const clock = new ManualClock()
  await using api = openKubeApi(fake.access, clock)
  const metrics = new Metrics()
  api.addMetrics(metrics)
  fake.put(`${topics}/orders`, {})
  await using seen = watchTopics(api)
  await passing(clock, 0, () => expect(fake.openWatches).toBe(1))

  fake.restoreWithVersion(50)
  await passing(clock, 0, () => expect(fake.count('watch')).toBe(2))
  await until(async () => {
    expect(await metrics.text()).toContain('kavka_kube_watch_connected{kind="Topic"} 1')
  })
  fake.put(`${topics}/payments`, {})
  await passing(clock, 30_000, () => expect(seen.lists).toBe(2))
  expect(seen.names).toEqual(['orders', 'payments'])
})

test('a connection that fell silent is given up after 90 s, and the watch goes on', async () => {
  await using fake = await FakeKubeApi.start()
  const clock = new ManualClock()
  await using api = openKubeApi(fake.access, clock)
  await using seen = watchTopics(api)
  await passing(clock, 0, () => expect(fake.openWatches).toBe(1))
  fake.put(`${topics}/orders`, {})
  await passing(clock, 0, () => expect(seen.names).toEqual(['orders']))
  await clock.advance(89_000)
  expect(fake.count('watch')).toBe(1)
  await passing(clock, 1_100, () => expect(fake.count('watch')).toBe(2))
  expect(seen.lists).toBe(1)
})

test('bookmarks keep a watch of which nothing happens, and where it goes on from', async () => {
  await using fake = await FakeKubeApi.start()
  const clock = new ManualClock()
  await using api = openKubeApi(fake.access, clock)
  await using seen = watchTopics(api)
  await passing(clock, 0, () => expect(fake.openWatches).toBe(1))
  fake.put('/apis/kavka.dev/v1alpha1/namespaces/default/others/other', {})
  const metrics = new Metrics()
  api.addMetrics(metrics)
  for (let minute = 0; minute < 5; minute++) {
    fake.bookmark()
    await realClock.turn()
    await clock.advance(60_000)
  }
  expect(fake.count('watch')).toBe(1)
  expect(await metrics.text()).toContain('kavka_kube_watch_connected{kind="Topic"} 1')
  fake.compact()
  fake.endWatches()
  await passing(clock, 0, () => expect(fake.openWatches).toBe(1))
  expect(seen.lists).toBe(1)
})

test('who stops a watch is told nothing more, and leaves no connection and no timer', async () => {
  await using fake = await FakeKubeApi.start()
  const clock = new ManualClock()
  await using api = openKubeApi(fake.access, clock)
  const seen = watchTopics(api)
  await passing(clock, 0, () => expect(fake.openWatches).toBe(1))
  await seen[Symbol.asyncDispose]()
  fake.put(`${topics}/orders`, {})
  await until(() => expect(fake.openWatches).toBe(0))
  expect(seen.names).toEqual([])
  expect(clock.pending).toBe(0)
})

test('what a consumer throws ends the watch, and its owner is told', async () => {
  await using fake = await FakeKubeApi.start()
  await using api = openKubeApi(fake.access)
  const watch = api.watch(Topic, { namespace: 'default' }, () => {
    throw new Error('our own mistake')
  })
  await expect(watch.run()).rejects.toThrow('our own mistake')
})

function watchTopics(api: KubeApi): Seen<KubeObject> & AsyncDisposable {
  const seen = new Seen<KubeObject>()
  const watch = api.watch(Topic, { namespace: 'default' }, seen.deliver)
  const running = watch.run()
  const dispose = async () => {
    watch.stop()
    await running
  }
  return Object.assign(seen, { [Symbol.asyncDispose]: dispose })
}

function until(check: () => void | Promise<void>): Promise<void> {
  return vi.waitFor(check, { timeout: 10_000, interval: 10 })
}

/** Until a check holds, while the watch's own clock goes on: `ms` first, then a little at a time. */
async function passing(clock: ManualClock, ms: number, check: () => void): Promise<void> {
  await clock.advance(ms)
  await vi.waitFor(
    async () => {
      await clock.advance(10)
      check()
    },
    { timeout: 10_000, interval: 10 },
  )
}
