import type { BrokerOptions, ListenerOptions } from './broker-options.ts'
import {
  heartbeatIntervalMsOf,
  replicaLagTimeMaxMsOf,
  sessionTimeoutMsOf,
} from './broker-settings.ts'

/**
 * What a broker is started with, by Kafka's names, for tools that ask for them: nobody sets these by
 * those names.
 *
 * @param ports Where it listens.
 */
export function ownSettings(
  options: BrokerOptions,
  ports: { readonly client: number; readonly internal: number },
): Record<string, string> {
  const { nodeId, rack, dataDir, listeners, autoCreateTopics, config } = options
  const each = (textOf: (listener: ListenerOptions, port: number) => string) => {
    const { client, internal } = listeners
    const own = textOf(client, ports.client)
    return `client://${own},internal://${textOf(internal, ports.internal)}`
  }
  return {
    'advertised.listeners': each(({ advertisedHost, advertisedPort }, port) => {
      return `${advertisedHost}:${advertisedPort === 0 ? port : advertisedPort}`
    }),
    'auto.create.topics.enable': String(autoCreateTopics),
    'broker.heartbeat.interval.ms': String(heartbeatIntervalMsOf(config)),
    'broker.session.timeout.ms': String(sessionTimeoutMsOf(config)),
    'broker.id': String(nodeId),
    ...(rack === null ? {} : { 'broker.rack': rack }),
    'inter.broker.listener.name': 'internal',
    'listener.security.protocol.map': 'client:PLAINTEXT,internal:SASL_PLAINTEXT',
    listeners: each(({ host }, port) => `${host}:${port}`),
    'log.dirs': dataDir,
    'node.id': String(nodeId),
    'process.roles': 'broker',
    'replica.lag.time.max.ms': String(replicaLagTimeMaxMsOf(config)),
  }
}
