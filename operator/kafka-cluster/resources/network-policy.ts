import type { KafkaCluster } from '../../api/kafka-cluster/kafka-cluster.ts'
import type { ResourcesContext } from './context.ts'
import { ownedMetadata } from './kube-object.ts'
import { brokerSelector, operatorSelector } from './labels.ts'
import { names } from './names.ts'
import { ports } from './ports.ts'

/**
 * Who may dial brokers: clients and scrapes come from anywhere, to the internal port only brokers of
 * the same cluster and the operator.
 */
export function networkPolicy(
  cluster: KafkaCluster,
  { operatorNamespace }: Pick<ResourcesContext, 'operatorNamespace'>,
) {
  const brokers = { podSelector: { matchLabels: brokerSelector(cluster) } }
  const operator = {
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': operatorNamespace } },
    podSelector: { matchLabels: operatorSelector },
  }
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: ownedMetadata(cluster, names.networkPolicy(cluster)),
    spec: {
      podSelector: { matchLabels: brokerSelector(cluster) },
      policyTypes: ['Ingress'],
      ingress: [
        { ports: [...cluster.spec.listeners, ports.metrics].map(portOf) },
        { from: [brokers, operator], ports: [portOf(ports.internal)] },
      ],
    },
  } as const
}

function portOf({ port }: { readonly port: number }) {
  return { protocol: 'TCP', port } as const
}
