import { type Resource, type ResourceOf, readResource } from '../api/schema/resource.ts'
import type { Topic } from '../api/topic/topic.ts'

type Named = { readonly metadata: { readonly namespace?: string; readonly name: string } }

/** Of a KafkaCluster, in queues. */
export function clusterKey({ metadata }: Named): string {
  return `KafkaCluster/${metadata.namespace}/${metadata.name}`
}

/** Of a Topic, in queues. */
export function topicKey({ metadata }: Named): string {
  return `Topic/${metadata.namespace}/${metadata.name}`
}

/** `namespace/name` of the cluster of a topic. */
export function clusterNameOf({ metadata, spec }: Topic): string {
  return `${metadata.namespace}/${spec.clusterRef.name}`
}

/** With its defaults: it may be older than they are. */
export function read<R extends Resource>(table: R, object: object): ResourceOf<R> {
  return readResource(table, object)
}
