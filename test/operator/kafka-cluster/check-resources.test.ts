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
    { config: { 'default.replication.factor': '3' } },
    'NotYetReplicated',
    'spec.config[default.replication.factor]: must be 1 until kavka replicates, found 3',
  ],
  [
    { config: { 'offsets.topic.replication.factor': '3' } },
    'NotYetReplicated',
    'spec.config[offsets.topic.replication.factor]: must be 1 until kavka replicates, found 3',
  ],
])('what cannot be made is refused in words for its owner: %j', (spec, reason, message) => {
  const refusal = expect.objectContaining({ name: 'ReconcileError', reason, message })
  expect(() => checkResources(kafkaCluster(spec))).toThrow(refusal)
})
