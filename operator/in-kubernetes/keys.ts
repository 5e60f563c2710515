import { type Resource, type ResourceOf, readResource } from '../api/schema/resource.ts'

type Named = { readonly metadata: { readonly namespace?: string; readonly name: string } }

/** Of a KafkaCluster, in queues. */
export function clusterKey({ metadata }: Named): string {
  return `KafkaCluster/${metadata.namespace}/${metadata.name}`
}

/** Of a Topic, in queues. */
export function topicKey({ metadata }: Named): string {
  return `Topic/${metadata.namespace}/${metadata.name}`
}

/** With its defaults: it may be older than they are. */
export function read<R extends Resource>(table: R, object: object): ResourceOf<R> {
  return readResource(table, object)
}
