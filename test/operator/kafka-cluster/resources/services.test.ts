import { expect, test } from 'vitest'
import type { KafkaCluster } from '../../../../operator/api/kafka-cluster/kafka-cluster.ts'
import { bootstrapServers } from '../../../../operator/kafka-cluster/resources/names.ts'
import {
  bootstrapServices,
  brokerServices,
  headlessService,
} from '../../../../operator/kafka-cluster/resources/services.ts'
import { brokerStatefulSet } from '../../../../operator/kafka-cluster/resources/stateful-set.ts'
import { context, kafkaCluster } from '../support.ts'

const parts = { replicas: 3, optionsName: 'options', volumeSize: '1Gi' }
const allServices = (cluster: KafkaCluster) => [
  headlessService(cluster),
  ...bootstrapServices(cluster),
  ...brokerServices(cluster, 3),
]

test('brokers have names in DNS before they are ready, since that is how they become so', () => {
  const { metadata, spec } = headlessService(kafkaCluster())
  expect(metadata.name).toBe('demo-brokers')
  expect(spec).toMatchObject({ clusterIP: 'None', publishNotReadyAddresses: true })
  expect(spec.ports.map(({ name, port }) => `${name} ${port}`)).toEqual([
    'plain 9092',
    'internal 9190',
    'metrics 9404',
  ])
})

test('clients begin with brokers that serve, at one Service for each listener', () => {
  const listeners = [
    { name: 'plain', port: 9092 },
    { name: 'other', port: 9093 },
  ]
  const cluster = kafkaCluster({ listeners })
  const services = bootstrapServices(cluster)
  expect(services.map(({ metadata }) => metadata.name)).toEqual([
    'demo-kafka-plain',
    'demo-kafka-other',
  ])
  for (const { spec } of services) {
    expect(spec).not.toHaveProperty('publishNotReadyAddresses')
    expect(spec.ports).toHaveLength(1)
  }
  expect(bootstrapServers(cluster, { name: 'other', port: 9093 })).toBe(
    'demo-kafka-other.shop.svc:9093',
  )
})

test('each broker has an address that stays when its pod does not, for clients only', () => {
  const services = brokerServices(kafkaCluster(), 2)
  expect(services.map(({ metadata }) => metadata.name)).toEqual(['demo-broker-0', 'demo-broker-1'])
  expect(services[1]?.spec).toMatchObject({
    type: 'ClusterIP',
    publishNotReadyAddresses: true,
    selector: { 'statefulset.kubernetes.io/pod-name': 'demo-broker-1' },
  })
  for (const { spec } of services) {
    expect(spec.ports.map(({ name, port }) => `${name} ${port}`)).toEqual(['plain 9092'])
  }
})

test('clients begin where the operator does not know better than the kubelet', () => {
  for (const { spec } of bootstrapServices(kafkaCluster())) {
    expect(spec.selector).toMatchObject({ 'kavka.dev/begin-here': 'true' })
  }
  const { template } = brokerStatefulSet(kafkaCluster(), context, parts).spec
  expect(template.metadata.labels).toMatchObject({ 'kavka.dev/begin-here': 'true' })
})

test('all carry what the owner says of Services, and go with the cluster', () => {
  const service = { labels: { team: 'a', 'kavka.dev/cluster': 'x' }, annotations: { note: 'b' } }
  const cluster = kafkaCluster({ brokers: { template: { service } } })
  for (const { metadata } of allServices(cluster)) {
    expect(metadata.labels).toMatchObject({ team: 'a', 'kavka.dev/cluster': 'demo' })
    expect(metadata.annotations).toEqual({ note: 'b' })
    expect(metadata.ownerReferences).toEqual([
      {
        apiVersion: 'kavka.dev/v1alpha1',
        kind: 'KafkaCluster',
        name: 'demo',
        uid: 'uid-of-demo',
        controller: true,
        blockOwnerDeletion: true,
      },
    ])
  }
})

test('names of Services fit into DNS, however long those of cluster and listener are', () => {
  const metadata = { name: 'c'.repeat(40), namespace: 'n', uid: 'u' }
  const cluster = { ...kafkaCluster({ listeners: [{ name: 'l'.repeat(15), port: 1 }] }), metadata }
  for (const { metadata } of allServices(cluster)) {
    expect(metadata.name.length).toBeLessThanOrEqual(63)
  }
})
