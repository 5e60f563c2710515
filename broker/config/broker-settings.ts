import type { MaintenanceConfig } from '../log/maintenance/maintenance.ts'
import type { NetLimits } from '../net/limits.ts'
import { brokerConfig } from '../protocol/config/broker-config.ts'
import type { BrokerConfigName } from '../protocol/config/broker-names.ts'
import { parseSetting } from '../protocol/config/parse-setting.ts'

type Given = Readonly<Record<string, string>>

/** What is said of connections. Kafka's own defaults are no bounds, so that only what is said counts. */
export function netLimitsOf(given: Given): Partial<NetLimits> {
  return withoutUndefined({
    maxFrameBytes: positive(given, 'socket.request.max.bytes'),
    maxConnections: positive(given, 'max.connections'),
    maxConnectionsPerIp: positive(given, 'max.connections.per.ip'),
    maxReceivedBytes: positive(given, 'queued.max.request.bytes'),
    maxIdleMs: positive(given, 'connections.max.idle.ms'),
  })
}

export function maintenanceConfigOf(given: Given): Partial<MaintenanceConfig> {
  return withoutUndefined({
    retentionCheckIntervalMs: positive(given, 'log.retention.check.interval.ms'),
    cleanerBackoffMs: positive(given, 'log.cleaner.backoff.ms'),
  })
}

/** The controller's patience is three times that, by default. */
export function heartbeatIntervalMsOf(given: Given): number {
  return positive(given, 'broker.heartbeat.interval.ms') ?? 500
}

/** How long a leader counts on what it heard of others last. */
export function sessionTimeoutMsOf(given: Given): number {
  return positive(given, 'broker.session.timeout.ms') ?? 3 * heartbeatIntervalMsOf(given)
}

/** A third of Kafka's default: producers with acks=all wait so long for a follower that hangs (safety rule 22). */
export function replicaLagTimeMaxMsOf(given: Given): number {
  return positive(given, 'replica.lag.time.max.ms') ?? 10_000
}

export function producerIdExpirationMsOf(given: Given): number {
  return positive(given, 'producer.id.expiration.ms') ?? dayMs
}

/** Undefined where nothing is said, or what is said is no bound. */
function positive(given: Given, name: BrokerConfigName): number | undefined {
  const text = given[name]
  if (text === undefined) return undefined
  const parsed = parseSetting(brokerConfig[name], text) as { value?: unknown }
  return typeof parsed.value === 'number' && parsed.value > 0 ? parsed.value : undefined
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> }

function withoutUndefined<T extends object>(all: T): Defined<T> {
  return Object.fromEntries(
    Object.entries(all).filter(([, value]) => value !== undefined),
  ) as Defined<T>
}

/** Kafka's default. */
const dayMs = 24 * 60 * 60 * 1_000
