import type { Condition } from '../condition.ts'
import type { RunningBroker } from '../runtime/process/process-runtime.ts'
import { replicaCounts } from '../topic/replica-counts.ts'
import { type PartitionView, topicViews } from '../topic/topic-status.ts'
import type { RunningCluster } from './running-cluster.ts'

/** All that `kavka up` knows, as it is written to `status.json` and printed by `kavka status --json`. */
export type UpStatus = {
  readonly version: 1
  /** Of the process that wrote it. */
  readonly pid: number
  readonly metricsEndpoint: string
  readonly clusters: readonly ClusterStatus[]
  /** `namespace/name` of those that have data here and no manifest: nothing of them runs. */
  readonly keptClusters: readonly string[]
  /** Of each resource. */
  readonly resources: readonly ResourceStatus[]
}

export type ClusterStatus = {
  readonly namespace: string
  readonly name: string
  readonly clusterId: string
  /** For clients. */
  readonly bootstrapServers: string
  /** Why nothing can be decided, or null. */
  readonly problem: string | null
  readonly brokers: readonly BrokerStatus[]
  readonly topics: readonly TopicStatus[]
}

export type BrokerStatus = {
  readonly id: number
  readonly state: 'Starting' | 'Ready' | 'DiskFailing' | 'Stopping' | 'Stopped' | 'Waiting'
  readonly pid: number | null
  readonly endpoint: string
  readonly metricsEndpoint: string
  readonly leaders: number
  readonly replicas: number
  /** Why it is not there, or does not do all that it should; or null. */
  readonly problem: string | null
}

export type TopicStatus = {
  readonly name: string
  readonly topicId: string
  readonly partitions: readonly PartitionView[]
  /** Its resource was not there when `kavka up` started, or is not there any more. */
  readonly orphaned: boolean
}

export type ResourceStatus = {
  readonly kind: string
  readonly namespace: string
  readonly name: string
  readonly conditions: readonly Condition[]
}

/** @param isThere Whether a uid is that of a resource which is there. */
export function clusterStatus(
  cluster: RunningCluster,
  isThere: (uid: string) => boolean,
): ClusterStatus {
  const { resource, image, brokers, advertisedHost } = cluster
  const topics = topicViews(image)
  const counts = replicaCounts(topics)
  const byId = brokers.toSorted((a, b) => a.nodeId - b.nodeId)
  const endpoint = (port: number) => `${advertisedHost}:${port}`
  return {
    namespace: resource.metadata.namespace,
    name: resource.metadata.name,
    clusterId: cluster.clusterId,
    bootstrapServers: byId.map(({ clientPort }) => endpoint(clientPort)).join(','),
    problem: cluster.withoutController ?? null,
    brokers: byId.map((broker) => ({
      id: broker.nodeId,
      state: stateOf(broker, cluster),
      pid: broker.pid,
      endpoint: endpoint(broker.clientPort),
      metricsEndpoint: `http://${endpoint(broker.metricsPort)}/metrics`,
      leaders: counts.get(broker.nodeId)?.leaders ?? 0,
      replicas: counts.get(broker.nodeId)?.replicas ?? 0,
      problem: isDiskFailing(broker, cluster) ? diskFails : (broker.problem ?? null),
    })),
    topics: topics.map(({ name, topicId, partitions }) => {
      const owner = image.topics.get(topicId)?.owner
      const uid = owner?.origin === 'resource' ? owner.resourceUid : null
      return { name, topicId, partitions, orphaned: uid !== null && !isThere(uid) }
    }),
  }
}

function stateOf(broker: RunningBroker, cluster: RunningCluster): BrokerStatus['state'] {
  if (broker.state !== 'Running') return broker.state
  if (!cluster.isServing(broker.nodeId)) return 'Starting'
  return isDiskFailing(broker, cluster) ? 'DiskFailing' : 'Ready'
}

function isDiskFailing({ state, nodeId }: RunningBroker, cluster: RunningCluster): boolean {
  return state === 'Running' && cluster.isServing(nodeId) && cluster.isDiskFailing(nodeId)
}

const diskFails = 'its disk is full or failed, not all that is written is taken: see its broker.log'
