import type { KafkaCluster } from '../api/kafka-cluster/kafka-cluster.ts'
import { parseDuration } from '../api/schema/duration.ts'
import type { ControllerSettings } from '../controller/controller.ts'
import { isSurplus } from './plan-brokers.ts'
import { defaultReplicationFactor } from './replication-defaults.ts'
import { sessionTimeoutMs } from './session-timeout.ts'

/**
 * What the controller of a cluster is told by its resource.
 *
 * @param heartbeatIntervalsMs That brokers which run now were started with.
 */
export function controllerSettings(
  { spec }: KafkaCluster,
  heartbeatIntervalsMs: readonly number[],
  rackOf: ControllerSettings['rackOf'] = () => null,
): ControllerSettings {
  // For the controller alone: brokers do not start anew because there are more of them.
  const brokerConfig = new Map([
    ['default.replication.factor', `${defaultReplicationFactor(spec)}`],
    ...Object.entries(spec.config),
  ])
  if (spec.topics.deletionProtection) brokerConfig.set('delete.topic.enable', 'false')
  return {
    brokerConfig,
    sessionTimeoutMs: sessionTimeoutMs(spec, heartbeatIntervalsMs),
    disconnectGraceMs: parseDuration(spec.controller.disconnectGrace) ?? 0,
    isLeaving: isSurplus(spec),
    rackOf,
  }
}
