import { expect, test, vi } from 'vitest'
import { MetadataError } from '../../../broker/metadata/metadata-error.ts'
import { realClock } from '../../../lib/clock.ts'
import { createLogger } from '../../../lib/logger.ts'
import { realRandom } from '../../../lib/random.ts'
import type { MetadataStore } from '../../../operator/controller/store/metadata-store.ts'
import { KubernetesOperator } from '../../../operator/in-kubernetes/kubernetes-operator.ts'
import { FakeKubeApi } from '../../support/fake-kube-api.ts'
import { openKubeApi } from '../../support/kube-parts.ts'

const cluster = '/apis/kavka.dev/v1alpha1/namespaces/shop/kafkaclusters/demo'
/** The pods of the operator: another one is ready, and runs another image. */
const replicas = {
  metadata: { resourceVersion: '1' },
  items: ['operator-1', 'operator-2'].map((name) => ({
    metadata: { name },
    status: {
      conditions: [{ type: 'Ready', status: 'True' }],
      containerStatuses: [{ name: 'operator', imageID: `sha256:${name}` }],
    },
  })),
}
const lease = '/apis/coordination.k8s.io/v1/namespaces/kavka/leases/kavka-operator'

async function newOperator(
  openStore: () => MetadataStore = () => {
    throw new Error('there is no cluster')
  },
) {
  const fake = await FakeKubeApi.start()
  const kube = openKubeApi(fake.access)
  const pods = { canBeListed: false, asked: 0 }
  fake.intercept = ({ path, query }) => {
    if (!path.endsWith('/pods')) return undefined
    if (path === '/api/v1/namespaces/kavka/pods') return { status: 200, body: replicas }
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
    openStore,
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

test('an operator that cannot read a log gives way to one of another version', async () => {
  const tooNew = new MetadataError('UnknownFeature', 'metadata.version 30 is not known')
  const store = { open: () => Promise.reject(tooNew), close() {} } as unknown as MetadataStore
  await using one = await newOperator(() => store)
  const { fake, operator, pods } = one
  pods.canBeListed = true
  fake.put(cluster, {
    apiVersion: 'kavka.dev/v1alpha1',
    kind: 'KafkaCluster',
    spec: { brokers: { replicas: 1, storage: { type: 'Ephemeral' } } },
  })
  const holder = () => (fake.get(lease)?.['spec'] as { holderIdentity?: string })?.holderIdentity
  await vi.waitFor(() => expect(holder()).toBe(''), 10_000) // it had it, and let go of it
  expect(operator.isActive).toBe(false)
  await operator.stop()
})
