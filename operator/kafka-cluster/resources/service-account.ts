import type { KafkaCluster } from '../../api/kafka-cluster/kafka-cluster.ts'
import { ownedMetadata } from './kube-object.ts'
import { names } from './names.ts'

/** Who brokers are in Kubernetes: nobody who may do anything. They never speak to its API. */
export function serviceAccount(cluster: KafkaCluster) {
  return {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: ownedMetadata(cluster, names.serviceAccount(cluster)),
    automountServiceAccountToken: false,
  } as const
}
