import { expect, test, vi } from 'vitest'
import { realClock } from '../../../lib/clock.ts'
import { createLogger } from '../../../lib/logger.ts'
import { realRandom } from '../../../lib/random.ts'
import { KubernetesOperator } from '../../../operator/in-kubernetes/kubernetes-operator.ts'
import { FakeKubeApi } from '../../support/fake-kube-api.ts'
import { openKubeApi } from '../../support/kube-parts.ts'

const lease = '/apis/coordination.k8s.io/v1/namespaces/kavka/leases/kavka-operator'

async function newOperator() {
  const fake = await FakeKubeApi.start()
  const kube = openKubeApi(fake.access)
  const pods = { canBeListed: false, asked: 0 }
  fake.intercept = ({ path, query }) => {
    if (!path.endsWith('/pods')) return undefined
    if (query.get('watch') === 'true') return 'hang'
    pods.asked++
    if (!pods.canBeListed) return { status: 503, body: {} }
    return { status: 200, body: { metadata: { resourceVersion: '1' }, items: [] } }
  }
  const operator = new KubernetesOperator({
    settings: {
      podName: 'operator-1',
      podIp: '127.0.0.1',
      namespace: 'kavka',
      image: 'localhost/kavka:test',
      controller: { host: '127.0.0.1', port: 0 },
      lease: 'kavka-operator',
      watchNamespaces: ['shop'],
      listenHost: '127.0.0.1',
      metricsPort: 0,
    },
    kube,
    openStore: () => {
      throw new Error('there is no cluster')
    },
    clock: realClock,
    random: realRandom,
    logger: createLogger({ to: { write() {} } }),
    onFatal: (error) => {
      throw error
    },
  })
  operator.start()
  const close = async () => {
    await kube.close()
    await fake[Symbol.asyncDispose]()
  }
  return { fake, operator, pods, [Symbol.asyncDispose]: close }
}

test('an operator takes the Lease once it knows all that there is', async () => {
  await using one = await newOperator()
  const { fake, operator, pods } = one
  await vi.waitFor(() => expect(pods.asked).toBeGreaterThan(2), 10_000)
  expect(operator.notReady).toBe('not all resources were read yet')
  expect(fake.get(lease)).toBeUndefined()
  pods.canBeListed = true
  await vi.waitFor(() => expect(operator.isActive).toBe(true), 10_000)
  await operator.stop()
})

test('an operator that never came to know all that there is ends when it is told to', async () => {
  await using one = await newOperator()
  await vi.waitFor(() => expect(one.pods.asked).toBeGreaterThan(0), 10_000)
  await one.operator.stop()
  expect(one.fake.get(lease)).toBeUndefined()
})
