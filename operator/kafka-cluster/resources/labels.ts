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

/** What finds the pods of operators, as the chart labels them. */
export const operatorSelector = {
  'app.kubernetes.io/name': 'kavka',
  'app.kubernetes.io/component': 'operator',
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

/**
 * Of pods, `true` or `false`: whether clients may begin with it. They may from its first moment on where it is
 * ready; of one that is fenced the kubelet may still say so, and where its node is lost, for long.
 */
export const beginLabel = 'kavka.dev/begin-here'

/** Pods get it from the operator: the template of a StatefulSet is the same for all of them. */
export const brokerIdLabel = 'kavka.dev/broker-id'
