import type { KafkaCluster } from './api/kafka-cluster/kafka-cluster.ts'
import { checkNotYet } from './api/not-yet.ts'
import type { Topic } from './api/topic/topic.ts'
import { ReconcileError } from './reconcile-error.ts'

/** @throws {ReconcileError} It says what kavka cannot do yet: nothing is done of it. */
export function refuseNotYet(clusters: readonly KafkaCluster[], topics: readonly Topic[]): void {
  const [first] = checkNotYet(clusters, topics)
  if (first === undefined) return
  const { reason, field, message } = first.problem
  throw new ReconcileError(reason, `${field}: ${message}`)
}
