import { expect, test } from 'vitest'
import { applyRecords } from '../../../broker/metadata/apply.ts'
import { metadataRecord } from '../../../broker/metadata/records.ts'
import type { KafkaCluster } from '../../../operator/api/kafka-cluster/kafka-cluster.ts'
import type { ObservedPod } from '../../../operator/kafka-cluster/observed-pod.ts'
import { type Observed, planResources } from '../../../operator/kafka-cluster/plan-resources.ts'
import { uuid } from '../../broker/metadata/support.ts'
import { broker, clusterOf, topic } from '../controller/decide/support.ts'
import { context, kafkaCluster, observedPod } from './support.ts'

const nothing: Observed = {
  image: undefined,
  statefulSet: undefined,
  pods: [],
  volumes: [],
  optionsNames: [],
  serviceNames: [],
}
const plan = (cluster: KafkaCluster, observed: Partial<Observed> = {}) =>
  planResources(cluster, { ...nothing, ...observed }, context)

type Applied = {
  kind: string
  metadata: { name: string }
  spec: { replicas: number; template: { metadata: { annotations: Record<string, string> } } }
}
/** What is to be the StatefulSet and the options of a cluster. */
function partsOf(cluster: KafkaCluster, observed: Partial<Observed> = {}) {
  const objects = plan(cluster, observed).apply as unknown as Applied[]
  const set = objects.find(({ kind }) => kind === 'StatefulSet') as Applied
  const options = objects.find(({ kind }) => kind === 'ConfigMap') as Applied
  return {
    replicas: set.spec.replicas,
    templateHash: set.spec.template.metadata.annotations['kavka.dev/template-hash'],
    optionsName: options.metadata.name,
  }
}

/** All that there is of a cluster of three on which nothing is left to do. */
function converged(cluster = kafkaCluster()): Observed {
  const { templateHash, optionsName } = partsOf(cluster)
  return {
    image: clusterOf(0, 1, 2),
    statefulSet: { replicas: 3, volumeSize: '10Gi' },
    pods: [0, 1, 2].map((id) => observedPod(id, { templateHash, optionsName })),
    volumes: [0, 1, 2].map((id) => ({ name: `data-demo-broker-${id}`, size: '10Gi' })),
    optionsNames: [optionsName],
    serviceNames: ['demo-brokers', 'demo-kafka-plain', 'demo-broker-0', 'demo-broker-2'],
  }
}

/** What there is once the resource was edited, with some pods in another state. */
function edited(...changed: readonly Partial<ObservedPod>[]): Observed {
  const before = converged(kafkaCluster({ config: { 'num.partitions': '9' } }))
  return { ...before, pods: before.pods.map((pod, index) => ({ ...pod, ...changed[index] })) }
}

const restarts = (observed: Observed, cluster = kafkaCluster()) =>
  plan(cluster, observed).restart.map(({ pod, reason }) => `${pod.brokerId} ${reason}`)

test('a new cluster gets all it needs, what pods need before the pods', () => {
  const { apply } = plan(kafkaCluster())
  expect(apply.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
    'ServiceAccount demo-broker',
    'NetworkPolicy demo-broker',
    'Service demo-brokers',
    'Service demo-kafka-plain',
    'Service demo-broker-0',
    'Service demo-broker-1',
    'Service demo-broker-2',
    `ConfigMap ${partsOf(kafkaCluster()).optionsName}`,
    'StatefulSet demo-broker',
    'PodDisruptionBudget demo-broker',
  ])
})

test('where all is as it should be nothing is made, restarted, grown or removed', () => {
  const { apply, ...others } = plan(kafkaCluster(), converged())
  expect(others).toEqual({ restart: [], label: [], grow: [], remove: [] })
  expect(apply).toEqual(plan(kafkaCluster()).apply)
})

test('after an edit brokers are restarted one after another', () => {
  expect(restarts(edited())).toEqual(['0 Outdated'])
  const { templateHash } = partsOf(kafkaCluster())
  expect(restarts(edited({ templateHash }))).toEqual(['1 Outdated'])
  expect(restarts(edited({ templateHash }, { templateHash }))).toEqual(['2 Outdated'])
})

test.each([
  ['is on its way out', { isTerminating: true }],
  ['is not ready', { isReady: false }],
])('no broker that serves is restarted while another one %s', (_, state) => {
  const { templateHash } = partsOf(kafkaCluster())
  expect(restarts(edited({ templateHash, ...state }))).toEqual([])
})

test('no broker that serves is restarted while the pod of another one is missing', () => {
  const observed = edited()
  expect(restarts({ ...observed, pods: observed.pods.slice(1) })).toEqual([])
})

test('after an edit the next broker waits until the last one is in sync again', () => {
  const { templateHash } = partsOf(kafkaCluster())
  const inSync = applyRecords(clusterOf(0, 1, 2), topic('orders', uuid(10), [[0, 1, 2]]))
  const change = { topicId: uuid(10), partitionId: 0, isr: [1, 2], leader: 1 }
  const behind = applyRecords(inSync, [metadataRecord('PartitionChangeRecord', change)])
  expect(restarts({ ...edited({ templateHash }), image: behind })).toEqual([])
  expect(restarts({ ...edited({ templateHash }), image: inSync })).toEqual(['1 Outdated'])
})

test('a broker that serves nobody is restarted at once, so that an edit can mend what an edit broke', () => {
  const image = applyRecords(clusterOf(0, 1), broker(2, { fenced: true }))
  expect(restarts({ ...edited({}, {}, { isReady: false }), image })).toEqual(['2 Outdated'])
})

test('that pods are not ready is no reason to restart many that serve', () => {
  const notReady = { isReady: false }
  expect(restarts(edited(notReady, notReady, notReady))).toEqual([])
})

test('nothing is restarted while it is not known who serves', () => {
  expect(restarts({ ...edited(), image: undefined })).toEqual([])
})

test('a rollout that is paused restarts nothing', () => {
  expect(restarts(edited(), kafkaCluster({ rollout: { paused: true } }))).toEqual([])
})

test('a broker that crashed does not wait for Kubernetes to let it start again', () => {
  const cluster = kafkaCluster({ rollout: { paused: true } })
  const { templateHash } = partsOf(cluster)
  const heldBack = { templateHash, isReady: false, isHeldBack: true }
  expect(restarts(edited({}, heldBack), cluster)).toEqual(['1 CrashLoop'])
})

test('brokers that have read another secret, and are shut out, are restarted at once', () => {
  const fenced = [0, 1, 2].flatMap((id) => broker(id, { fenced: true }))
  const observed = { ...converged(), image: applyRecords(clusterOf(), fenced) }
  const { restart } = planResources(kafkaCluster(), observed, { ...context, secretHash: 'new' })
  expect(restart.map(({ pod }) => pod.brokerId)).toEqual([0, 1, 2])
})

test('a broker too many goes once nothing is on it, and keeps those below it until then', () => {
  const image = applyRecords(clusterOf(0, 1, 2, 3), topic('orders', uuid(10), [3]))
  const cluster = kafkaCluster({ brokers: { replicas: 2 } })
  expect(partsOf(cluster, { image }).replicas).toBe(4)
  expect(partsOf(cluster, { image: clusterOf(0, 1, 2, 3) }).replicas).toBe(2)
})

test('no broker is taken away while it is not known what is on it', () => {
  const statefulSet = { replicas: 4, volumeSize: '10Gi' }
  expect(partsOf(kafkaCluster(), { statefulSet }).replicas).toBe(4)
  const five = kafkaCluster({ brokers: { replicas: 5 } })
  expect(partsOf(five, { statefulSet }).replicas).toBe(5)
})

test('volumes grow in place, since a StatefulSet cannot make its own larger', () => {
  const cluster = kafkaCluster({ brokers: { storage: { size: '20Gi' } } })
  const { grow, apply } = plan(cluster, {
    ...converged(),
    volumes: [
      { name: 'data-demo-broker-0', size: '10Gi' },
      { name: 'data-demo-broker-1', size: '20480Mi' },
      { name: 'data-demo-broker-2', size: '1Ti' },
    ],
  })
  expect(grow).toEqual([{ name: 'data-demo-broker-0', size: '20Gi' }])
  expect(apply.find(({ kind }) => kind === 'StatefulSet')).toMatchObject({
    spec: {
      volumeClaimTemplates: [{ spec: { resources: { requests: { storage: '10Gi' } } } }],
    },
  })
})

test('options are removed once no pod has them', () => {
  const { pods, optionsNames } = edited()
  const [old] = optionsNames as [string]
  const observed = { pods, optionsNames: [old, 'demo-broker-options-older'] }
  const removed = (there: Partial<Observed>) => plan(kafkaCluster(), there).remove
  expect(removed(observed)).toEqual([{ kind: 'ConfigMap', name: 'demo-broker-options-older' }])
  expect(removed({ ...observed, pods: [] })).toContainEqual({ kind: 'ConfigMap', name: old })
})

test('pods that lack the label of their broker get it', () => {
  const pods = [
    observedPod(0),
    observedPod(1, { hasBrokerIdLabel: false }),
    observedPod(2, { hasBrokerIdLabel: false, isTerminating: true }),
  ]
  expect(labels({ pods })).toEqual([[1, { 'kavka.dev/broker-id': '1' }]])
})

const labels = (observed: Partial<Observed>) =>
  plan(kafkaCluster(), observed).label.map(({ pod, labels }) => [pod.brokerId, labels])

test('clients do not begin with a broker that is fenced, whatever the kubelet says of its pod', () => {
  const fenced = applyRecords(clusterOf(0, 1), broker(2, { fenced: true }))
  const { pods } = converged()
  const away = [[2, { 'kavka.dev/begin-here': 'false' }]]
  expect(labels({ pods, image: fenced })).toEqual(away)
  const told = [...pods.slice(0, 2), observedPod(2, { isBegunWith: false })]
  expect(labels({ pods: told, image: fenced })).toEqual([])
  const back = [[2, { 'kavka.dev/begin-here': 'true' }]]
  expect(labels({ pods: told, image: clusterOf(0, 1, 2) })).toEqual(back)
})

test('nothing is said of a broker that starts, nor where all are fenced', () => {
  const starting = [observedPod(2, { isReady: false })]
  const one = applyRecords(clusterOf(0, 1), broker(2, { fenced: true }))
  expect(labels({ pods: starting, image: one })).toEqual([])
  const all = [0, 1, 2].flatMap((id) => broker(id, { fenced: true }))
  expect(labels({ pods: converged().pods, image: applyRecords(clusterOf(), all) })).toEqual([])
})

test('the Service of a broker goes after its pod', () => {
  const serviceNames = ['demo-broker-2', 'demo-broker-3', 'demo-brokers', 'demo-kafka-x-broker-9']
  const removed = (pods: readonly ObservedPod[]) =>
    plan(kafkaCluster(), { pods, serviceNames }).remove
  expect(removed([observedPod(3, { isTerminating: true })])).toEqual([])
  expect(removed([])).toEqual([{ kind: 'Service', name: 'demo-broker-3' }])
})
