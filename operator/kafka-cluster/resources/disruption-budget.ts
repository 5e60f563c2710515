import type { KafkaCluster } from '../../api/kafka-cluster/kafka-cluster.ts'
import { ownedMetadata } from './kube-object.ts'
import { brokerSelector } from './labels.ts'
import { names } from './names.ts'

/** How many brokers may be away because nodes are drained. One that serves nobody is not held up. */
export function disruptionBudget(cluster: KafkaCluster) {
  const { maxUnavailable } = cluster.spec.rollout
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: ownedMetadata(cluster, names.disruptionBudget(cluster)),
    spec: {
      selector: { matchLabels: brokerSelector(cluster) },
      maxUnavailable: maxUnavailable === 'Auto' ? 1 : maxUnavailable,
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
    },
  } as const
}
