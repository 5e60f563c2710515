import { expect, test, vi } from 'vitest'
import { realClock } from '../../../../../lib/clock.ts'
import { Topic } from '../../../../../operator/api/topic/topic.ts'
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
    proxy.fault = badWay(below)

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
      // Now and then it catches up, so that the trouble comes at all of its steps.
      if (below(15) === 0) await knows(seen, fake)
      else await realClock.turn()
    }
    proxy.fault = () => 'none'
    await knows(seen, fake)
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

test('a list of many pages is told once and whole, though pages get lost and one is forgotten', async () => {
  await using fake = await FakeKubeApi.start()
  await using proxy = await FaultProxy.start(fake.access)
  await using api = openKubeApi(proxy.access)
  for (let at = 0; at < 1_100; at++) fake.put(`${topics}/topic-${at}`, {})
  const faults: Fault[] = [
    { status: 429, retryAfterSeconds: 0 },
    'none',
    { status: 500 },
    { cutAfterBytes: 10_000 },
    'none',
    // Half of it was listed, and is of no use any more.
    { status: 410 },
    'none',
    'lose-answer',
  ]
  proxy.fault = () => faults.shift() ?? 'none'
  const told: string[] = []
  const watch = api.watch<KubeObject>(Topic, { namespace: 'default' }, (delivery) => {
    told.push(delivery.type === 'listed' ? `listed ${delivery.objects.length}` : delivery.type)
  })
  const running = watch.run()
  await vi.waitFor(() => expect(fake.openWatches).toBe(1), { timeout: 10_000, interval: 5 })
  watch.stop()
  await running
  expect(faults).toEqual([])
  expect(told).toEqual(['listed 1100'])
})

/** Waits until what it was told is what is there. */
function knows(seen: Seen<KubeObject>, fake: FakeKubeApi): Promise<void> {
  const versions = (all: Iterable<KubeObject>) =>
    Array.from(all, ({ metadata }) => `${metadata.name} ${metadata.resourceVersion}`).toSorted()
  return vi.waitFor(
    () => expect(versions(seen.objects.values())).toEqual(versions(fake.all(topics))),
    { timeout: 15_000, interval: 5 },
  )
}

/** A third of all requests meets with something, but not many in a row: each makes the next wait longer. */
function badWay(below: (below: number) => number): () => Fault {
  let inARow = 0
  return () => {
    const faults: readonly Fault[] = [
      'reset',
      'lose-answer',
      'duplicate',
      { delayMs: below(50) },
      { cutAfterBytes: 1 + below(2_000) },
      { status: 429, retryAfterSeconds: 0 },
      { status: 500 },
    ]
    inARow = inARow < 3 && below(3) === 0 ? inARow + 1 : 0
    return inARow > 0 ? (faults[below(faults.length)] as Fault) : 'none'
  }
}
