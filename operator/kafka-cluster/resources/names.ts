import type { KafkaCluster } from '../../api/kafka-cluster/kafka-cluster.ts'

type Named = { readonly metadata: Pick<KafkaCluster['metadata'], 'name' | 'namespace'> }

/** What the objects of a cluster are called. Those of Services may have 63 characters, and have 62 at most. */
export const names = {
  /** Its pods are `<cluster>-broker-<id>`. */
  statefulSet: ({ metadata }: Named) => `${metadata.name}-broker`,
  /** Called like its pod. */
  brokerService: ({ metadata }: Named, brokerId: number) => `${metadata.name}-broker-${brokerId}`,
  /** Gives each pod a name of its own in DNS. */
  headlessService: ({ metadata }: Named) => `${metadata.name}-brokers`,
  bootstrapService: ({ metadata }: Named, listener: string) => `${metadata.name}-kafka-${listener}`,
  secret: ({ metadata }: Named) => `${metadata.name}-secret`,
  /** @param hash Of what is in it. */
  options: ({ metadata }: Named, hash: string) => `${metadata.name}-broker-options-${hash}`,
  disruptionBudget: ({ metadata }: Named) => `${metadata.name}-broker`,
  networkPolicy: ({ metadata }: Named) => `${metadata.name}-broker`,
  serviceAccount: ({ metadata }: Named) => `${metadata.name}-broker`,
} as const

/** What clients in the same Kubernetes cluster are told to begin with. */
export function bootstrapServers(
  cluster: Named,
  { name, port }: { readonly name: string; readonly port: number },
): string {
  return `${names.bootstrapService(cluster, name)}.${cluster.metadata.namespace}.svc:${port}`
}
