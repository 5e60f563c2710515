import { expect, test, vi } from 'vitest'
import type { KubeApi } from '../../../../../operator/kube/api/kube-api.ts'
import type { Leadership } from '../../../../../operator/kube/api/lease/leadership.ts'
import { FakeKubeApi } from '../../../../support/fake-kube-api.ts'
import { FaultProxy } from '../../../../support/fault-proxy.ts'
import { openKubeApi } from '../../../../support/kube-parts.ts'
import { ManualClock } from '../../../../support/manual-clock.ts'

const path = '/apis/coordination.k8s.io/v1/namespaces/kavka/leases/operator'

test('the first one holds the Lease and renews it; a standby only watches', async () => {
  await using fake = await FakeKubeApi.start()
  const clock = new ManualClock()
  await using api = openKubeApi(fake.access, clock)
  await using first = candidate(api, 'first')
  await passing(clock, () => expect(first.leadership.role).toBe('holder'))
  await using second = candidate(api, 'second')
  await passing(clock, () => expect(second.leadership.holder).toBe('first'))
  expect(fake.get(path)).toMatchObject({
    spec: {
      holderIdentity: 'first',
      leaseDurationSeconds: 4,
      leaseTransitions: 0,
      renewTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
    },
  })

  await passing(clock, () => expect(fake.openWatches).toBe(2))
  const before = fake.requests.length - fake.count('patch')
  for (let renewals = 1; renewals <= 6; renewals++) {
    await passing(clock, () => expect(fake.count('patch')).toBe(renewals))
  }
  expect(fake.requests.length - before).toBe(fake.count('patch'))
  expect(second.leadership.role).toBe('standby')
})

test('a holder that stops lets go, and a standby takes over without waiting', async () => {
  await using fake = await FakeKubeApi.start()
  const clock = new ManualClock()
  await using api = openKubeApi(fake.access, clock)
  const first = candidate(api, 'first')
  await passing(clock, () => expect(first.leadership.role).toBe('holder'))
  await using second = candidate(api, 'second')
  await passing(clock, () => expect(second.leadership.holder).toBe('first'))
  const startMs = clock.monotonicMs()
  await first[Symbol.asyncDispose]()
  expect(first.roles).toEqual(['holder', 'standby'])
  await passing(clock, () => expect(second.leadership.role).toBe('holder'))
  expect(clock.monotonicMs() - startMs).toBeLessThan(1_000)
  expect(fake.get(path)).toMatchObject({ spec: { leaseTransitions: 1 } })
})

test('a holder that is silent is followed after 4 s, and sees it when it is back', async () => {
  await using fake = await FakeKubeApi.start()
  await using proxy = await FaultProxy.start(fake.access)
  const clock = new ManualClock()
  await using cutOff = openKubeApi(proxy.access, clock)
  await using api = openKubeApi(fake.access, clock)
  await using first = candidate(cutOff, 'first')
  await passing(clock, () => expect(first.leadership.role).toBe('holder'))
  await using second = candidate(api, 'second')
  await passing(clock, () => expect(second.leadership.holder).toBe('first'))

  const startMs = clock.monotonicMs()
  proxy.fault = () => ({ status: 503 })
  proxy.resetAll()
  await passing(clock, () => expect(second.leadership.role).toBe('holder'))
  expect(clock.monotonicMs() - startMs).toBeLessThan(5_000)
  expect(first.leadership.role).toBe('uncertain')

  proxy.fault = () => 'none'
  await passing(clock, () => expect(first.leadership.role).toBe('standby'))
  expect(first.leadership.holder).toBe('second')
  expect(first.roles).toEqual(['holder', 'uncertain', 'standby'])
})

test('with the API server away the holder is uncertain, and goes on when it is back', async () => {
  await using fake = await FakeKubeApi.start()
  await using proxy = await FaultProxy.start(fake.access)
  const clock = new ManualClock()
  await using api = openKubeApi(proxy.access, clock)
  await using first = candidate(api, 'first')
  await passing(clock, () => expect(first.leadership.role).toBe('holder'))
  proxy.fault = () => 'reset'
  await passing(clock, () => expect(first.leadership.role).toBe('uncertain'))
  proxy.fault = () => 'none'
  await passing(clock, () => expect(first.leadership.role).toBe('holder'))
  expect(fake.get(path)).toMatchObject({ spec: { leaseTransitions: 0 } })
})

test('a renewal whose answer was lost does not lose the Lease', async () => {
  await using fake = await FakeKubeApi.start()
  await using proxy = await FaultProxy.start(fake.access)
  const clock = new ManualClock()
  await using api = openKubeApi(proxy.access, clock)
  await using first = candidate(api, 'first')
  await passing(clock, () => expect(first.leadership.role).toBe('holder'))
  proxy.fault = ({ method }) => (method === 'PATCH' ? 'lose-answer' : 'none')
  await passing(clock, () => expect(fake.count('patch')).toBe(1))
  proxy.fault = () => 'none'
  await passing(clock, () => expect(fake.count('patch')).toBe(3))
  expect(first.roles).toEqual(['holder'])
})

test('the Lease of a holder that is said to be dead need not be waited for', async () => {
  await using fake = await FakeKubeApi.start()
  const clock = new ManualClock()
  await using api = openKubeApi(fake.access, clock)
  fake.put(path, { spec: { holderIdentity: 'gone', leaseDurationSeconds: 4 } })
  await using second = candidate(api, 'second')
  await passing(clock, () => expect(second.leadership.holder).toBe('gone'))
  const startMs = clock.monotonicMs()
  second.leadership.holderIsDead('gone')
  await passing(clock, () => expect(second.leadership.role).toBe('holder'))
  expect(clock.monotonicMs() - startMs).toBeLessThan(1_000)
})

test('of many that want a Lease at once one gets it', async () => {
  await using fake = await FakeKubeApi.start()
  const clock = new ManualClock()
  await using api = openKubeApi(fake.access, clock)
  await using stack = new AsyncDisposableStack()
  const all = ['a', 'b', 'c', 'd', 'e'].map((name) => stack.use(candidate(api, name)))
  const holders = () => all.filter(({ leadership }) => leadership.role === 'holder')
  await passing(clock, () => expect(holders()).toHaveLength(1))
  const [holder] = holders()
  for (const { leadership } of all) {
    await passing(clock, () => expect(leadership.holder).toBe(holder?.name))
  }
  expect(holders()).toHaveLength(1)
})

type Candidate = AsyncDisposable & {
  readonly name: string
  readonly leadership: Leadership
  readonly roles: string[]
}

function candidate(api: KubeApi, name: string): Candidate {
  const roles: string[] = []
  const leadership = api.leadership({
    namespace: 'kavka',
    name: 'operator',
    identity: name,
    times: { durationMs: 4_000, renewMs: 2_000 },
    changed: (role) => roles.push(role),
  })
  const running = leadership.run()
  const dispose = async () => {
    leadership.stop()
    await running
  }
  return { name, leadership, roles, [Symbol.asyncDispose]: dispose }
}

/** Until a check holds, while time goes on five times as fast. */
function passing(clock: ManualClock, check: () => void): Promise<void> {
  return vi.waitFor(
    async () => {
      await clock.advance(50)
      check()
    },
    { timeout: 10_000, interval: 10 },
  )
}
