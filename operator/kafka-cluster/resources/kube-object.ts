import { invariant } from '../../../lib/invariant.ts'
import type { KafkaCluster } from '../../api/kafka-cluster/kafka-cluster.ts'
import { labelsOf } from './labels.ts'

/** An object as it is sent to an API server: plain, and only with what is ours to say. */
export type KubeObject = {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace: string }
}

/** The metadata of an object that goes with its cluster: Kubernetes deletes what has lost its owner. */
export function ownedMetadata(
  cluster: KafkaCluster,
  name: string,
  { labels, annotations }: Pick<KafkaCluster['metadata'], 'labels' | 'annotations'> = {},
) {
  const { namespace, uid } = cluster.metadata
  invariant(uid !== undefined, 'a cluster that an API server has made has a uid')
  const owner = {
    apiVersion: cluster.apiVersion,
    kind: cluster.kind,
    name: cluster.metadata.name,
    uid,
    controller: true,
    blockOwnerDeletion: true,
  }
  return {
    name,
    namespace,
    labels: { ...labels, ...labelsOf(cluster) },
    ...(annotations === undefined ? {} : { annotations }),
    ownerReferences: [owner],
  }
}
