import type { DesiredBroker, ProcessRuntimeOptions } from './process-runtime.ts'

/** The ports of one broker. */
export type BrokerPorts = {
  readonly client: number
  readonly internal: number
  readonly metrics: number
}

/**
 * The content of the file that a broker is started with: `broker/config/broker-options.ts` reads it.
 * The same broker has the same text, so that whether it has to be started again shows.
 */
export function optionsText(
  { nodeId, rack, config, autoCreateTopics }: DesiredBroker,
  dataDir: string,
  ports: BrokerPorts,
  options: Pick<
    ProcessRuntimeOptions,
    | 'clusterId'
    | 'secretFile'
    | 'host'
    | 'advertisedHost'
    | 'controllers'
    | 'stopWithoutControllerMs'
  >,
): string {
  const { clusterId, secretFile, host, advertisedHost, controllers } = options
  const content = {
    clusterId,
    nodeId,
    rack,
    dataDir,
    secretFile,
    listeners: {
      client: { host, port: ports.client, advertisedHost, advertisedPort: ports.client },
      internal: {
        host: loopback,
        port: ports.internal,
        advertisedHost: loopback,
        advertisedPort: ports.internal,
      },
    },
    controllers,
    metricsPort: ports.metrics,
    config: Object.fromEntries(Object.entries(config).sort(([a], [b]) => (a < b ? -1 : 1))),
    autoCreateTopics,
    stopWithoutControllerMs: options.stopWithoutControllerMs,
  }
  return `${JSON.stringify(content, null, 2)}\n`
}

/** The port of its metrics that a broker was started with; undefined where somebody broke the file. */
export function metricsPortIn(text: string): number | undefined {
  const { metricsPort } = parsed(text)
  return Number.isInteger(metricsPort) ? (metricsPort as number) : undefined
}

/** How often a broker was told to say that it is there; undefined where it was not, or as above. */
export function heartbeatIntervalMsIn(text: string): number | undefined {
  const intervalMs = Number(parsed(text).config?.['broker.heartbeat.interval.ms'])
  return Number.isInteger(intervalMs) ? intervalMs : undefined
}

function parsed(text: string): { metricsPort?: unknown; config?: Record<string, unknown> } {
  try {
    return (JSON.parse(text) as ReturnType<typeof parsed> | null) ?? {}
  } catch {
    return {}
  }
}

/** Other brokers are processes of this machine too. */
const loopback = '127.0.0.1'
