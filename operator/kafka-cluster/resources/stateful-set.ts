import type { KafkaCluster } from '../../api/kafka-cluster/kafka-cluster.ts'
import { brokerPodTemplate } from './broker-pod.ts'
import type { ResourcesContext } from './context.ts'
import { ownedMetadata } from './kube-object.ts'
import { brokerSelector } from './labels.ts'
import { names } from './names.ts'
import { volumeClaims } from './volume.ts'

export type StatefulSetParts = {
  readonly replicas: number
  /** The ConfigMap with the options. */
  readonly optionsName: string
  /** With which volumes are made. */
  readonly volumeSize: string | number
}

/**
 * The brokers. Kubernetes makes all of them at once and restarts none by itself: when is for the
 * operator to decide, who knows which partitions they have.
 */
export function brokerStatefulSet(
  cluster: KafkaCluster,
  context: ResourcesContext,
  { replicas, optionsName, volumeSize }: StatefulSetParts,
) {
  const { retention } = cluster.spec.brokers.storage
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: ownedMetadata(cluster, names.statefulSet(cluster)),
    spec: {
      serviceName: names.headlessService(cluster),
      replicas,
      podManagementPolicy: 'Parallel',
      updateStrategy: { type: 'OnDelete' },
      revisionHistoryLimit: 2,
      persistentVolumeClaimRetentionPolicy: retention,
      selector: { matchLabels: brokerSelector(cluster) },
      template: brokerPodTemplate(cluster, context, optionsName),
      volumeClaimTemplates: volumeClaims(cluster, volumeSize),
    },
  } as const
}
