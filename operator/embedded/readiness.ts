import type { TopicImage } from '../../broker/metadata/image.ts'
import type { Readiness } from '../condition.ts'
import { occupiedInWords } from '../kafka-cluster/plan-brokers.ts'
import type { RunningCluster } from './running-cluster.ts'

/** Whether a cluster is as its resource says. */
export function clusterReadiness(cluster: RunningCluster): Readiness {
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
  if (plan.occupied.length > 0) {
    const why = `since ${occupiedInWords(plan.occupied)}`
    const message = `spec.brokers.replicas: cannot be ${replicas} yet, ${why}: delete these topics, or put replicas back`
    return { status: 'False', reason: 'ScaleDownBlocked', message }
  }
  return { status: 'True', reason: 'Ready', message: `all ${replicas} brokers serve` }
}

/** Whether a topic that is as its resource says can be used. */
export function topicReadiness({ partitions }: TopicImage): Readiness {
  let leaderless = 0
  for (let partition = 0; partition < partitions.count; partition++) {
    if (partitions.leader(partition) < 0) leaderless++
  }
  if (leaderless === 0) {
    return { status: 'True', reason: 'Ready', message: 'all partitions have a leader' }
  }
  const message = `${leaderless} of ${partitions.count} partitions have no leader`
  return { status: 'False', reason: 'Leaderless', message }
}
