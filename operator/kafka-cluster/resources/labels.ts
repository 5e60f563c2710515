import { clusterLabel } from '../../api/group.ts'
import type { KafkaCluster } from '../../api/kafka-cluster/kafka-cluster.ts'

type Named = { readonly metadata: Pick<KafkaCluster['metadata'], 'name'> }

/** Of everything that is made for a cluster. */
export function labelsOf(cluster: Named) {
  return {
    ...brokerSelector(cluster),
    'app.kubernetes.io/instance': cluster.metadata.name,
    'app.kubernetes.io/managed-by': 'kavka',
  }
}

/** What finds the objects of all clusters, with those that Kubernetes makes for them. */
export const ofClusters = {
  'app.kubernetes.io/name': 'kavka',
  'app.kubernetes.io/component': 'broker',
} as const

/** What finds the brokers of a cluster. A StatefulSet can never have another one. */
export function brokerSelector({ metadata: { name } }: Named) {
  return { ...ofClusters, [clusterLabel]: name }
}

/** As `kubectl get pods -l` and autoscalers take it. */
export function selectorText(labels: Readonly<Record<string, string>>): string {
  const all = Object.entries(labels)
  return all.map(([name, value]) => `${name}=${value}`).join(',')
}

/** Pods get it from the operator: the template of a StatefulSet is the same for all of them. */
export const brokerIdLabel = 'kavka.dev/broker-id'
