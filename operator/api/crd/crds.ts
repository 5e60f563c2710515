import { ClusterMetadata } from '../cluster-metadata/cluster-metadata.ts'
import { KafkaCluster } from '../kafka-cluster/kafka-cluster.ts'
import type { Resource } from '../schema/resource.ts'
import { Topic } from '../topic/topic.ts'

/** All kinds that an API server has to know, also those that nobody writes by hand. */
export const servedKinds: readonly Resource[] = [KafkaCluster, Topic, ClusterMetadata]
