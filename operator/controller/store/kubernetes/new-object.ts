import { apiVersion, clusterLabel } from '../../../api/group.ts'
import type { NewObject } from './cluster-metadata-objects.ts'
import type { ClusterMetadataSpec } from './head.ts'

/** The KafkaCluster with which the log goes, as Kubernetes has it in `ownerReferences`. */
export type Owner = {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly uid: string
}

export type Belongs = { readonly cluster: string; readonly owner: Owner }

export function newObject(
  name: string,
  { cluster, owner }: Belongs,
  spec: ClusterMetadataSpec,
): NewObject {
  return {
    apiVersion,
    kind: 'ClusterMetadata',
    metadata: { name, labels: { [clusterLabel]: cluster }, ownerReferences: [owner] },
    spec,
  }
}
