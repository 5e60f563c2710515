import type { KafkaCluster } from '../../api/kafka-cluster/kafka-cluster.ts'

type Named = { readonly metadata: Pick<KafkaCluster['metadata'], 'name'> }

/** Of everything that is made for a cluster. */
export function labelsOf(cluster: Named) {
  return {
    ...brokerSelector(cluster),
    'app.kubernetes.io/instance': cluster.metadata.name,
    ...managedBy,
  }
}

/** What finds the brokers of a cluster. A StatefulSet can never have another one. */
export function brokerSelector({ metadata: { name } }: Named) {
  return {
    'app.kubernetes.io/name': 'kavka',
    'app.kubernetes.io/component': 'broker',
    [clusterLabel]: name,
  }
}

/** As `kubectl get pods -l` and autoscalers take it. */
export function brokerSelectorText(cluster: Named): string {
  const labels = Object.entries(brokerSelector(cluster))
  return labels.map(([name, value]) => `${name}=${value}`).join(',')
}

/** Of everything that is made for clusters. */
export const managedBy = { 'app.kubernetes.io/managed-by': 'kavka' } as const
export const clusterLabel = 'kavka.dev/cluster'
/** Pods get it from the operator: the template of a StatefulSet is the same for all of them. */
export const brokerIdLabel = 'kavka.dev/broker-id'
