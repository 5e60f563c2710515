import { expect, test } from 'vitest'
import { bootstrapServers } from '../../../../operator/kafka-cluster/resources/names.ts'
import {
  bootstrapServices,
  headlessService,
} from '../../../../operator/kafka-cluster/resources/services.ts'
import { kafkaCluster } from '../support.ts'

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

test('both carry what the owner says of Services, and go with the cluster', () => {
  const service = { labels: { team: 'a', 'kavka.dev/cluster': 'x' }, annotations: { note: 'b' } }
  const cluster = kafkaCluster({ brokers: { template: { service } } })
  for (const { metadata } of [headlessService(cluster), ...bootstrapServices(cluster)]) {
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
  for (const { metadata } of [headlessService(cluster), ...bootstrapServices(cluster)]) {
    expect(metadata.name.length).toBeLessThanOrEqual(63)
  }
})
