/** What the objects of a cluster are made of beside its resource. */
export type ResourcesContext = {
  /** Kafka's id of the cluster, which its metadata log was born with. */
  readonly clusterId: string
  /** Of brokers: it has `node` on its path, and kavka as it is built in `/opt/kavka`. */
  readonly image: string
  /** What the secret of the cluster is known by: brokers that have read another one are shut out. */
  readonly secretHash: string
  /** Where brokers find the controller of the cluster. */
  readonly controllers: readonly { readonly host: string; readonly port: number }[]
  /** Where the operator runs, which brokers let in. */
  readonly operatorNamespace: string
}
