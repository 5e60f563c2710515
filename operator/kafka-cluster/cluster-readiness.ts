import type { KafkaCluster } from '../api/kafka-cluster/kafka-cluster.ts'
import type { Readiness } from '../condition.ts'
import { type BrokersPlan, occupiedInWords } from './plan-brokers.ts'

/** A cluster as far as it matters for whether it is ready. */
export type ClusterState = {
  readonly resource: KafkaCluster
  readonly plan: BrokersPlan
  /** Why nothing can be decided, or undefined. */
  readonly withoutController: string | undefined
  isServing(nodeId: number): boolean
  /** Whether it says that its disk is full or failed. */
  isDiskFailing(nodeId: number): boolean
}

/** Whether a cluster is as its resource says. */
export function clusterReadiness(cluster: ClusterState): Readiness {
  const { plan, withoutController } = cluster
  const { replicas } = cluster.resource.spec.brokers
  if (withoutController !== undefined) {
    return { status: 'False', reason: 'NoController', message: withoutController }
  }
  const serving = plan.desired.filter(({ nodeId }) => cluster.isServing(nodeId)).length
  if (serving < plan.desired.length) {
    const message = `${serving} of ${plan.desired.length} brokers serve`
    return { status: 'False', reason: 'BrokersNotReady', message }
  }
  const failing = plan.desired.filter(({ nodeId }) => cluster.isDiskFailing(nodeId))
  if (failing.length > 0) {
    const who = failing.map(({ nodeId }) => nodeId).join(', ')
    const message = `the disk of broker ${who} is full or failed: not all that is written is taken`
    return { status: 'False', reason: 'DiskFailing', message }
  }
  if (plan.occupied.length > 0) {
    const why = `since ${occupiedInWords(plan.occupied)}`
    const message = `spec.brokers.replicas: cannot be ${replicas} yet, ${why}: move these, delete their topics, or put replicas back`
    return { status: 'False', reason: 'ScaleDownBlocked', message }
  }
  return { status: 'True', reason: 'Ready', message: `all ${replicas} brokers serve` }
}
