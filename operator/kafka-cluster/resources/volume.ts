import type { KafkaCluster } from '../../api/kafka-cluster/kafka-cluster.ts'
import { brokerSelector } from './labels.ts'

/** What a pod calls the volume with its data. */
export const dataVolume = 'data'

/** Of a broker that keeps its data on the disk of its node, for as long as the pod is there. */
export function ephemeralVolumes({ spec }: KafkaCluster) {
  const { type, size } = spec.brokers.storage
  return type === 'Ephemeral' ? [{ name: dataVolume, emptyDir: { sizeLimit: size } }] : []
}

/**
 * Of brokers with a volume of their own. No two pods get it, on whatever node: Kubernetes sees to
 * that with ReadWriteOncePod, but for the moment in which a pod is deleted by force.
 *
 * @param size The one that volumes are made with. A StatefulSet cannot change it; they grow later.
 */
export function volumeClaims(cluster: KafkaCluster, size: string | number) {
  const { type, storageClassName } = cluster.spec.brokers.storage
  if (type === 'Ephemeral') return []
  const spec = {
    accessModes: ['ReadWriteOncePod'],
    ...(storageClassName === undefined ? {} : { storageClassName }),
    resources: { requests: { storage: size } },
  }
  const metadata = { name: dataVolume, labels: brokerSelector(cluster) }
  return [{ apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata, spec }]
}
