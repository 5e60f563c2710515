import type { KafkaCluster } from '../api/kafka-cluster/kafka-cluster.ts'
import { ReconcileError } from '../reconcile-error.ts'
import { refuseNotYet } from '../refuse-not-yet.ts'
import { ports } from './resources/ports.ts'

/**
 * What a cluster may say that cannot be made on Kubernetes.
 *
 * @throws {ReconcileError} Nothing of it is made, and what is there stays as it is.
 */
export function checkResources(cluster: KafkaCluster): void {
  refuseNotYet([cluster], [])
  checkListeners(cluster.spec.listeners)
}

function checkListeners(listeners: KafkaCluster['spec']['listeners']): void {
  for (const [index, listener] of listeners.entries()) {
    for (const own of Object.values(ports)) {
      for (const field of ['name', 'port'] as const) {
        if (listener[field] !== own[field]) continue
        const message = `${listener[field]} is kept for kavka itself; choose another ${field}`
        throw new ReconcileError(
          'InvalidListeners',
          `spec.listeners[${index}].${field}: ${message}`,
        )
      }
    }
  }
}
