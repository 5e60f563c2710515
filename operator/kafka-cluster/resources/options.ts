import { shortHash } from '../../../lib/short-hash.ts'
import type { KafkaCluster } from '../../api/kafka-cluster/kafka-cluster.ts'
import { brokerSettings } from '../plan-brokers.ts'
import type { ResourcesContext } from './context.ts'
import { ownedMetadata } from './kube-object.ts'
import { names } from './names.ts'
import { places } from './places.ts'
import { ports } from './ports.ts'

/**
 * The options that all brokers of a cluster are started with (`broker/config/broker-options.ts`).
 * Left out is what each pod says of itself in its environment: its id and its host.
 *
 * It is never changed, and called by what is in it. So a broker that crashes comes back with what it
 * had, and new options reach one broker after another, with new pods.
 */
export function optionsConfigMap(cluster: KafkaCluster, context: ResourcesContext) {
  const text = optionsText(cluster, context)
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: ownedMetadata(cluster, names.options(cluster, shortHash(text))),
    immutable: true,
    data: { [places.optionsFile]: text },
  } as const
}

function optionsText(
  { spec }: KafkaCluster,
  { clusterId, controllers }: Pick<ResourcesContext, 'clusterId' | 'controllers'>,
): string {
  const [client] = spec.listeners // one, until brokers serve several
  const settings = Object.entries(brokerSettings(spec)).sort(([a], [b]) => (a < b ? -1 : 1))
  const options = {
    clusterId,
    rack: null, // the controller knows it
    dataDir: places.data,
    secretFile: `${places.secret}/${places.secretFile}`,
    listeners: { client: listenerOn(client?.port), internal: listenerOn(ports.internal.port) },
    controllers,
    metricsPort: ports.metrics.port,
    config: Object.fromEntries(settings),
    autoCreateTopics: spec.topics.autoCreate,
  }
  return `${JSON.stringify(options, null, 2)}\n`
}

function listenerOn(port: number | undefined) {
  return { host: everywhere, port, advertisedPort: port }
}

/** Also where `kubectl port-forward` comes from. Not `::`, which a node without IPv6 cannot have. */
const everywhere = '0.0.0.0'
