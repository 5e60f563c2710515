import type { KafkaCluster } from '../api/kafka-cluster/kafka-cluster.ts'
import { parseDuration } from '../api/schema/duration.ts'

/**
 * After how much silence a broker is taken for dead, in milliseconds: what the resource says, but
 * never so soon that brokers would be which only speak as seldom as they were told when they were
 * started. They are started anew one after another, and until then three of their heartbeats fit in.
 *
 * @param intervalsMs How often the brokers that run say that they are there.
 */
export function sessionTimeoutMs(
  { controller }: KafkaCluster['spec'],
  intervalsMs: readonly number[],
): number {
  const wantedMs = parseDuration(controller.heartbeatInterval) ?? 0
  const slower = intervalsMs.filter((intervalMs) => intervalMs > wantedMs)
  const neededMs = slower.map((intervalMs) => 3 * intervalMs)
  return Math.max(parseDuration(controller.sessionTimeout) ?? 0, ...neededMs)
}
