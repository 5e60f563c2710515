import { expect, test } from 'vitest'
import { disruptionBudget } from '../../../../operator/kafka-cluster/resources/disruption-budget.ts'
import {
  brokerSelector,
  selectorText,
} from '../../../../operator/kafka-cluster/resources/labels.ts'
import { networkPolicy } from '../../../../operator/kafka-cluster/resources/network-policy.ts'
import { clusterSecret } from '../../../../operator/kafka-cluster/resources/secret.ts'
import { serviceAccount } from '../../../../operator/kafka-cluster/resources/service-account.ts'
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
  expect(disruptionBudget(cluster).spec.maxUnavailable).toBe(1)
  const rollout = { maxUnavailable: 2 }
  expect(disruptionBudget(kafkaCluster({ rollout })).spec.maxUnavailable).toBe(2)
})

test('a broker that serves nobody does not keep its node from being drained', () => {
  expect(disruptionBudget(cluster).spec.unhealthyPodEvictionPolicy).toBe('AlwaysAllow')
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
