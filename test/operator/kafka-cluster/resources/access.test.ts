import { expect, test } from 'vitest'
import { applyRecords } from '../../../../broker/metadata/apply.ts'
import type { MetadataImage } from '../../../../broker/metadata/image.ts'
import { metadataRecord } from '../../../../broker/metadata/records.ts'
import { disruptionBudget } from '../../../../operator/kafka-cluster/resources/disruption-budget.ts'
import {
  brokerSelector,
  selectorText,
} from '../../../../operator/kafka-cluster/resources/labels.ts'
import { networkPolicy } from '../../../../operator/kafka-cluster/resources/network-policy.ts'
import { clusterSecret } from '../../../../operator/kafka-cluster/resources/secret.ts'
import { serviceAccount } from '../../../../operator/kafka-cluster/resources/service-account.ts'
import { uuid } from '../../../broker/metadata/support.ts'
import { clusterOf, topic } from '../../controller/decide/support.ts'
import { context, kafkaCluster } from '../support.ts'

const cluster = kafkaCluster()

test('the internal port is for brokers of the cluster and the operator only', () => {
  const { ingress, podSelector } = networkPolicy(cluster, context).spec
  const brokers = { matchLabels: podSelector.matchLabels }
  expect(brokers.matchLabels).toMatchObject({ 'kavka.dev/cluster': 'demo' })
  const [open, closed] = ingress
  expect(open.ports.map(({ port }) => port)).toEqual([9092, 9404])
  expect(open).not.toHaveProperty('from')
  expect(closed.ports.map(({ port }) => port)).toEqual([9190])
  expect(closed.from).toMatchObject([
    { podSelector: brokers },
    {
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kavka' } },
      podSelector: { matchLabels: { 'app.kubernetes.io/component': 'operator' } },
    },
  ])
})

test('nodes are drained broker by broker, unless the owner takes more', () => {
  const budget = (image: MetadataImage | undefined, own = cluster) => {
    return disruptionBudget(own, image).spec.maxUnavailable
  }
  const inSync = applyRecords(clusterOf(0, 1, 2), topic('t', uuid(9), [[0, 1, 2]]))
  const lagging = applyRecords(inSync, [
    metadataRecord('PartitionChangeRecord', { topicId: uuid(9), partitionId: 0, isr: [0, 2] }),
  ])
  expect(budget(inSync)).toBe(1)
  expect(budget(undefined)).toBe(1)
  expect(budget(lagging)).toBe(0) // the last one is not back in sync
  const two = kafkaCluster({ rollout: { maxUnavailable: 2 } })
  expect(budget(inSync, two)).toBe(2)
  expect(budget(lagging, two)).toBe(2)
})

test('a broker that serves nobody does not keep its node from being drained', () => {
  expect(disruptionBudget(cluster, undefined).spec.unhealthyPodEvictionPolicy).toBe('AlwaysAllow')
})

test('the secret is as it was made, for ever', () => {
  const secret = clusterSecret(cluster, 'nobody guesses this')
  expect(secret).toMatchObject({
    metadata: { name: 'demo-secret', namespace: 'shop' },
    immutable: true,
    stringData: { secret: 'nobody guesses this' },
  })
})

test('brokers have an account that gets no token', () => {
  expect(serviceAccount(cluster).automountServiceAccountToken).toBe(false)
})

test('the pods of a cluster are found by one text', () => {
  expect(selectorText(brokerSelector(cluster))).toBe(
    'app.kubernetes.io/name=kavka,app.kubernetes.io/component=broker,kavka.dev/cluster=demo',
  )
})
