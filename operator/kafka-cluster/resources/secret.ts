import type { KafkaCluster } from '../../api/kafka-cluster/kafka-cluster.ts'
import { ownedMetadata } from './kube-object.ts'
import { names } from './names.ts'
import { places } from './places.ts'

/**
 * What brokers and operator know each other by. It is made once: another one would part the brokers
 * that have read the first from those that have not.
 *
 * @param secret A text that nobody can guess.
 */
export function clusterSecret(cluster: KafkaCluster, secret: string) {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: ownedMetadata(cluster, names.secret(cluster)),
    type: 'Opaque',
    immutable: true,
    stringData: { [places.secretFile]: secret },
  } as const
}
