import type { Topic } from './topic.ts'

/** `default/demo`: namespace and name of the cluster of a topic. */
export function clusterKeyOf({
  metadata,
  spec,
}: {
  readonly metadata: Pick<Topic['metadata'], 'namespace'>
  readonly spec: Pick<Topic['spec'], 'clusterRef'>
}): string {
  return `${metadata.namespace}/${spec.clusterRef.name}`
}
