import type { KafkaCluster } from '../api/kafka-cluster/kafka-cluster.ts'
import { parseDuration } from '../api/schema/duration.ts'
import type { ControllerSettings } from '../controller/controller-host.ts'

/** What the controller of a cluster is told by its resource. */
export function controllerSettings({ spec }: KafkaCluster): ControllerSettings {
  // Until there is replication a topic that does not say has one copy.
  const brokerConfig = new Map([
    ['default.replication.factor', '1'],
    ...Object.entries(spec.config),
  ])
  if (spec.topics.deletionProtection) brokerConfig.set('delete.topic.enable', 'false')
  return { brokerConfig, sessionTimeoutMs: parseDuration(spec.controller.sessionTimeout) ?? 0 }
}
