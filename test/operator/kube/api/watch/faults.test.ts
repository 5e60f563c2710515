import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { Topic } from '../../../../../operator/api/topic/topic.ts'
import { valueOf } from '../../../../../operator/kube/api/requests/answer.ts'
import type { KubeObject } from '../../../../../operator/kube/api/requests/kube-object.ts'
import { FakeKubeApi } from '../../../../support/fake-kube-api.ts'
import { type Fault, FaultProxy } from '../../../../support/fault-proxy.ts'
import { openKubeApi, Seen } from '../../../../support/kube-parts.ts'
import { seeded } from '../../../../support/mutate.ts'

const topics = '/apis/kavka.dev/v1alpha1/namespaces/default/topics'
const seeds = Array.from({ length: Number(process.env['SEEDS'] ?? 5) }, (_, at) => at + 1)

/**
 * Whatever happens on the way, in the end a watch knows what is there, and was told of every deletion;
 * and it listed once, since the API server kept all changes.
 */
test.each(seeds)(
  'no change is lost on a bad way, and nothing is listed twice: seed %i',
  async (seed) => {
    const below = seeded(seed)
    await using fake = await FakeKubeApi.start()
    await using proxy = await FaultProxy.start(fake.access)
    await using api = openKubeApi(proxy.access)
    for (let at = 0; at < 40; at++) fake.put(`${topics}/topic-${at}`, { spec: { step: 0 } })
    proxy.fault = () => badWay(below)

    const seen = new Seen<KubeObject>()
    const watch = api.watch<KubeObject>(Topic, { namespace: 'default' }, seen.deliver)
    const running = watch.run()
    const deleted: string[] = []
    await vi.waitFor(() => expect(seen.lists).toBe(1), { timeout: 10_000, interval: 5 })
    for (let step = 1; step <= 300; step++) {
      const path = `${topics}/topic-${below(40)}`
      const there = fake.get(path)
      if (there !== undefined && below(3) === 0) {
        deleted.push(there.metadata.uid)
        fake.remove(path)
      } else fake.put(path, { spec: { step } })
      if (below(25) === 0) proxy.resetAll()
      if (below(25) === 0) fake.endWatches()
      await sleep(below(4))
    }
    proxy.fault = () => 'none'
    const { items } = valueOf(await api.objects.list(Topic, { namespace: 'default' }))
    const wanted = new Map(items.map(({ metadata }) => [metadata.name, metadata.resourceVersion]))
    await vi.waitFor(
      () => {
        const known = Array.from(seen.objects.values(), ({ metadata }) => metadata)
        expect(new Map(known.map(({ name, resourceVersion }) => [name, resourceVersion]))).toEqual(
          wanted,
        )
      },
      { timeout: 15_000, interval: 10 },
    )
    expect(seen.deletedUids).toEqual(deleted)
    expect(seen.lists).toBe(1)
    watch.stop()
    await running
  },
)

test('it lists as often as the API server forgot, and knows what is there in the end', async () => {
  const below = seeded(7)
  await using fake = await FakeKubeApi.start()
  await using proxy = await FaultProxy.start(fake.access)
  await using api = openKubeApi(proxy.access)
  const seen = new Seen<KubeObject>()
  const watch = api.watch<KubeObject>(Topic, { namespace: 'default' }, seen.deliver)
  const running = watch.run()
  for (let round = 1; round <= 5; round++) {
    await vi.waitFor(() => expect(fake.openWatches).toBe(1), { timeout: 10_000, interval: 5 })
    proxy.fault = () => ({ status: 500 })
    proxy.resetAll()
    for (let at = 0; at < 20; at++) fake.put(`${topics}/topic-${below(10)}`, { at })
    fake.compact()
    proxy.fault = () => 'none'
    await vi.waitFor(() => expect(seen.lists).toBe(round + 1), { timeout: 10_000, interval: 5 })
  }
  expect(seen.objects.size).toBe(10)
  watch.stop()
  await running
})

/** A third of all requests meets with something. */
function badWay(below: (below: number) => number): Fault {
  const faults: readonly Fault[] = [
    'reset',
    'lose-answer',
    'duplicate',
    { delayMs: below(50) },
    { cutAfterBytes: 1 + below(2_000) },
    { status: 429, retryAfterSeconds: 0 },
    { status: 500 },
  ]
  return below(3) === 0 ? (faults[below(faults.length)] as Fault) : 'none'
}
