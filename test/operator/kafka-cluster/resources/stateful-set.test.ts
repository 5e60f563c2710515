import { expect, test } from 'vitest'
import { brokerStatefulSet } from '../../../../operator/kafka-cluster/resources/stateful-set.ts'
import { context, kafkaCluster } from '../support.ts'

function setOf(cluster = kafkaCluster(), optionsName = 'options-1') {
  return brokerStatefulSet(cluster, context, { replicas: 3, optionsName, volumeSize: '10Gi' })
}

const podOf = (brokers: object = {}) => setOf(kafkaCluster({ brokers })).spec.template
const hashOf = (set: ReturnType<typeof setOf>) =>
  set.spec.template.metadata.annotations['kavka.dev/template-hash']

test('brokers start together, and only the operator restarts them', () => {
  expect(setOf().spec).toMatchObject({
    replicas: 3,
    serviceName: 'demo-brokers',
    podManagementPolicy: 'Parallel',
    updateStrategy: { type: 'OnDelete' },
  })
})

test('volumes are for one pod each, and stay or go as the owner says', () => {
  const retention = { whenScaled: 'Retain', whenDeleted: 'Delete' }
  const storage = { size: '20Gi', storageClassName: 'fast', retention }
  const { spec } = setOf(kafkaCluster({ brokers: { storage } }))
  expect(spec.persistentVolumeClaimRetentionPolicy).toEqual(retention)
  expect(spec.volumeClaimTemplates).toHaveLength(1)
  expect(spec.volumeClaimTemplates[0]?.spec).toEqual({
    accessModes: ['ReadWriteOncePod'],
    storageClassName: 'fast',
    // That of those which are there already: Kubernetes refuses another one here.
    resources: { requests: { storage: '10Gi' } },
  })
})

test('unless it is said, volumes outlive their cluster, and not their broker', () => {
  expect(setOf().spec.persistentVolumeClaimRetentionPolicy).toEqual({
    whenScaled: 'Delete',
    whenDeleted: 'Retain',
  })
})

test('ephemeral brokers have no volume but a part of the disk of their node', () => {
  const storage = { type: 'Ephemeral', size: '1Gi' }
  const { spec } = setOf(kafkaCluster({ brokers: { storage } }))
  expect(spec.volumeClaimTemplates).toEqual([])
  expect(spec.template.spec.volumes).toContainEqual({
    name: 'data',
    emptyDir: { sizeLimit: '1Gi' },
  })
})

test('pods pass the restricted standard of pod security', () => {
  const { spec } = podOf()
  expect(spec.securityContext).toMatchObject({
    runAsNonRoot: true,
    runAsUser: 65_532,
    fsGroup: 65_532,
    seccompProfile: { type: 'RuntimeDefault' },
  })
  for (const { securityContext } of spec.containers) {
    expect(securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    })
  }
})

test('brokers hold nothing that would let them speak to Kubernetes', () => {
  expect(podOf().spec).toMatchObject({
    serviceAccountName: 'demo-broker',
    automountServiceAccountToken: false,
  })
})

test('each pod says who it is: by its number and its name in DNS', () => {
  const [container] = podOf().spec.containers
  const env = new Map(container.env.map((variable) => [variable.name, variable]))
  const own = ['KAVKA_NODE_ID', 'KAVKA_ADVERTISED_HOST', 'KAVKA_INTERNAL_HOST']
  expect([...env.keys()]).toEqual(['POD_NAME', ...own])
  expect(env.get('KAVKA_NODE_ID')).toMatchObject({
    valueFrom: { fieldRef: { fieldPath: "metadata.labels['apps.kubernetes.io/pod-index']" } },
  })
  expect(env.get('KAVKA_ADVERTISED_HOST')).toMatchObject({ value: '$(POD_NAME).shop.svc' })
  expect(env.get('KAVKA_INTERNAL_HOST')).toMatchObject({
    value: '$(POD_NAME).demo-brokers.shop.svc',
  })
})

test("half of a container's memory is for V8's heap, and all is V8's to decide without a limit", () => {
  const resources = { limits: { memory: '512Mi' } }
  expect(podOf({ resources }).spec.containers[0].command).toContain('--max-old-space-size=256')
  expect(podOf({ resources }).spec.containers[0].resources).toEqual(resources)
  expect(podOf().spec.containers[0].command.join(' ')).not.toContain('max-old-space-size')
})

test('the kubelet asks whether the process answers, and clients are sent where it can be used', () => {
  const [container] = podOf().spec.containers
  expect(container.livenessProbe.httpGet).toEqual({ path: '/healthz', port: 'metrics' })
  expect(container.readinessProbe.httpGet).toEqual({ path: '/readyz', port: 'metrics' })
})

test('by default a broker has twice the time to stop that it takes at most', () => {
  expect(podOf().spec.terminationGracePeriodSeconds).toBe(60)
  const pod = { terminationGracePeriodSeconds: 300 }
  expect(podOf({ template: { pod } }).spec.terminationGracePeriodSeconds).toBe(300)
})

test('brokers go apart over racks and nodes where there is room for it', () => {
  const spread = (brokers: object) =>
    podOf(brokers).spec.topologySpreadConstraints.map((each) => [
      each.topologyKey,
      each.whenUnsatisfiable,
    ])
  const node = ['kubernetes.io/hostname', 'ScheduleAnyway']
  expect(spread({})).toEqual([node])
  expect(spread({ rack: {} })).toEqual([['topology.kubernetes.io/zone', 'ScheduleAnyway'], node])
  expect(spread({ rack: { topologyKey: 'kubernetes.io/hostname' } })).toEqual([node])
  expect(spread({ rack: { names: ['a', 'b'] } })).toEqual([node])
})

test('what the owner says of pods is in them, beside what is ours', () => {
  const pod = {
    labels: { team: 'a', 'app.kubernetes.io/name': 'mine' },
    annotations: { note: 'b' },
    nodeSelector: { disk: 'ssd' },
    tolerations: [{ key: 'kafka', operator: 'Exists' }],
    priorityClassName: 'high',
  }
  const { metadata, spec } = podOf({ template: { pod } })
  expect(metadata.labels).toMatchObject({ team: 'a', 'app.kubernetes.io/name': 'kavka' })
  expect(metadata.annotations).toMatchObject({ note: 'b' })
  expect(spec).toMatchObject({
    nodeSelector: { disk: 'ssd' },
    tolerations: [{ key: 'kafka', operator: 'Exists' }],
    priorityClassName: 'high',
  })
  expect(podOf().spec).not.toHaveProperty('nodeSelector')
})

test('whatever matters for a pod shows in its hash, and nothing else does', () => {
  const before = hashOf(setOf())
  expect(hashOf(setOf(kafkaCluster({ brokers: { replicas: 9 } })))).toBe(before)
  expect(hashOf(setOf(kafkaCluster(), 'options-2'))).not.toBe(before)
  expect(hashOf(setOf(kafkaCluster({ brokers: { rack: {} } })))).not.toBe(before)
  // By which brokers are spread in any case.
  const rack = { topologyKey: 'kubernetes.io/hostname' }
  expect(hashOf(setOf(kafkaCluster({ brokers: { rack } })))).not.toBe(before)
})
