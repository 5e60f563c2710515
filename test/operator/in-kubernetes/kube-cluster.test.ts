import { expect, test, vi } from 'vitest'
import { createLogger } from '../../../lib/logger.ts'
import { realRandom } from '../../../lib/random.ts'
import { KafkaCluster } from '../../../operator/api/kafka-cluster/kafka-cluster.ts'
import { readResource } from '../../../operator/api/schema/resource.ts'
import { BrokerRacks } from '../../../operator/in-kubernetes/broker-racks.ts'
import { ClusterObjects } from '../../../operator/in-kubernetes/cluster-objects.ts'
import { KubeCluster } from '../../../operator/in-kubernetes/kube-cluster.ts'
import { FakeKubeApi } from '../../support/fake-kube-api.ts'
import { openKubeApi } from '../../support/kube-parts.ts'
import { Bench } from '../controller/store/kubernetes/support.ts'

test('a controller that waits for the log, since the API is away, does not take over afterwards', async () => {
  await using fake = await FakeKubeApi.start()
  await using api = openKubeApi(fake.access)
  const bench = new Bench()
  await bench.takeOver()
  const { chain } = bench.api.get('demo-log').object?.spec ?? {}
  const away = Array.from({ length: 5 }, () => 'request-lost' as const)
  bench.fates.set('get', away)
  const log = createLogger({ to: { write: () => {} } })
  const resource = readResource(KafkaCluster, {
    apiVersion: KafkaCluster.apiVersion,
    kind: 'KafkaCluster',
    metadata: { name: 'demo', namespace: 'default', uid: 'uid-demo' },
    spec: { brokers: { replicas: 1, storage: { type: 'Ephemeral' } } },
  })
  const heard = { part: () => undefined, partsOf: () => [] }
  const cluster = new KubeCluster(resource, {
    objects: new ClusterObjects(api.objects, heard, () => true),
    racks: new BrokerRacks(api.objects, () => {}),
    image: 'localhost/kavka:test',
    controller: { host: '127.0.0.1', port: 0 },
    operatorNamespace: 'default',
    openStore: () => bench.store,
    openDoor: () => () => Promise.reject(new Error('nobody gets that far')),
    operators: async () => new Map(),
    onTooNew: () => {},
    clock: bench.clock,
    random: realRandom,
    logger: log,
    onFatal: (error) => {
      throw error
    },
    onImage: () => {},
    onChange: () => {},
    onRestart: () => {},
  })
  const reconciled = cluster.reconcile(resource)
  reconciled.catch(() => {})
  await vi.waitFor(() => expect(away.length).toBeLessThan(5))
  await cluster.close()
  await expect(bench.settled(reconciled)).rejects.toMatchObject({ problem: 'Offline' })
  expect(bench.api.get('demo-log').object?.spec.chain).toBe(chain)
})
