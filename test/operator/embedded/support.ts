import { KafkaCluster } from '../../../operator/api/kafka-cluster/kafka-cluster.ts'
import { readResource } from '../../../operator/api/schema/resource.ts'
import { Topic } from '../../../operator/api/topic/topic.ts'

const apiVersion = 'kavka.dev/v1alpha1'

/** The KafkaCluster `demo` with one broker. */
export function clusterResource(
  spec: Record<string, unknown> = {},
  name = 'demo',
): ReturnType<typeof readResource<typeof KafkaCluster>> {
  const metadata = { name, namespace: 'default' }
  const whole = {
    apiVersion,
    kind: 'KafkaCluster',
    metadata,
    spec: { brokers: { replicas: 1 }, ...spec },
  }
  return readResource(KafkaCluster, whole)
}

/** A Topic of it. */
export function topicResource(name: string, spec: Record<string, unknown> = {}) {
  const metadata = { name, namespace: 'default' }
  const whole = {
    apiVersion,
    kind: 'Topic',
    metadata,
    spec: { clusterRef: { name: 'demo' }, ...spec },
  }
  return readResource(Topic, whole)
}
