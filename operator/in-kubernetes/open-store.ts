import type { Clock } from '../../lib/clock.ts'
import type { Random } from '../../lib/random.ts'
import type { KafkaCluster } from '../api/kafka-cluster/kafka-cluster.ts'
import { KubernetesStore } from '../controller/store/kubernetes/kubernetes-store.ts'
import type { MetadataStore } from '../controller/store/metadata-store.ts'
import type { KubeApi } from '../kube/api/kube-api.ts'
import type { StoreOptions } from './kube-cluster.ts'
import { metadataObjects } from './metadata-objects.ts'

/** Where the metadata logs of clusters are: beside them, in ClusterMetadata objects. */
export function openStoreIn(
  kube: KubeApi,
  { clock, random }: { clock: Clock; random: Random },
): (cluster: KafkaCluster, options: StoreOptions) => MetadataStore {
  return ({ apiVersion, kind, metadata }, { clusterId, isKnown, onUndecided }) =>
    new KubernetesStore({
      objects: metadataObjects(kube.log, metadata.namespace),
      clock,
      random,
      owner: { apiVersion, kind, name: metadata.name, uid: metadata.uid ?? '' },
      clusterId,
      isKnown,
      onUndecided,
    })
}
