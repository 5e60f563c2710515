import type { MetadataImage } from '../../../broker/metadata/image.ts'
import type { KafkaCluster } from '../../api/kafka-cluster/kafka-cluster.ts'
import { notInSync } from '../may-be-away.ts'
import { ownedMetadata } from './kube-object.ts'
import { brokerSelector } from './labels.ts'
import { names } from './names.ts'

/**
 * How many brokers may be away because nodes are drained. One that serves nobody is not held up. With
 * `Auto` the next node waits until the broker of the last one is back in sync, which a pod that is ready
 * does not say.
 */
export function disruptionBudget(cluster: KafkaCluster, image: MetadataImage | undefined) {
  const { maxUnavailable } = cluster.spec.rollout
  const isInSync = image === undefined || notInSync(image).size === 0
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: ownedMetadata(cluster, names.disruptionBudget(cluster)),
    spec: {
      selector: { matchLabels: brokerSelector(cluster) },
      maxUnavailable: maxUnavailable !== 'Auto' ? maxUnavailable : isInSync ? 1 : 0,
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
    },
  } as const
}
