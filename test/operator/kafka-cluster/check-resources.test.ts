import { expect, test } from 'vitest'
import { checkResources } from '../../../operator/kafka-cluster/check-resources.ts'
import { kafkaCluster } from './support.ts'

test.each([
  [
    { listeners: [{ name: 'plain', port: 9404 }] },
    'InvalidListeners',
    'spec.listeners[0].port: 9404 is kept for kavka itself; choose another port',
  ],
  [
    { listeners: [{ name: 'internal', port: 9092 }] },
    'InvalidListeners',
    'spec.listeners[0].name: internal is kept for kavka itself; choose another name',
  ],
  [
    { config: { 'default.replication.factor': '4' } },
    'InsufficientBrokers',
    'spec.config[default.replication.factor]: must be at most spec.brokers.replicas, found 4 with 3 brokers',
  ],
  [
    { brokers: { replicas: 2 }, config: { 'offsets.topic.replication.factor': '3' } },
    'InsufficientBrokers',
    'spec.config[offsets.topic.replication.factor]: must be at most spec.brokers.replicas, found 3 with 2 brokers',
  ],
  [
    {
      listeners: [
        { name: 'a', port: 9092 },
        { name: 'b', port: 9093 },
      ],
    },
    'NotYetServed',
    'spec.listeners: must be one until brokers serve several, found 2',
  ],
])('what cannot be made is refused in words for its owner: %j', (spec, reason, message) => {
  const refusal = expect.objectContaining({ name: 'ReconcileError', reason, message })
  expect(() => checkResources(kafkaCluster(spec))).toThrow(refusal)
})
