import { checkTogether } from '../api/check-together.ts'
import type { KafkaCluster } from '../api/kafka-cluster/kafka-cluster.ts'
import { checkNotYet } from '../api/not-yet.ts'
import { ReconcileError } from '../reconcile-error.ts'
import { ports } from './resources/ports.ts'

/**
 * What a cluster may say that cannot be made on Kubernetes.
 *
 * @throws {ReconcileError} Nothing of it is made, and what is there stays as it is.
 */
export function checkResources(cluster: KafkaCluster): void {
  const [first] = [...checkNotYet([cluster]), ...checkTogether([cluster], [])]
  if (first !== undefined) {
    const { reason, field, message } = first.problem
    throw new ReconcileError(reason, `${field}: ${message}`)
  }
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
