import type { BrokerImage, MetadataImage } from '../../broker/metadata/image.ts'
import type { KafkaCluster } from '../api/kafka-cluster/kafka-cluster.ts'
import { conditionsAfter, type Readiness } from '../condition.ts'
import { type ReplicaCount, replicaCounts } from '../topic/replica-counts.ts'
import { type TopicView, topicViews } from '../topic/topic-status.ts'
import { clusterReadiness } from './cluster-readiness.ts'
import type { ObservedPod } from './observed-pod.ts'
import { planBrokers } from './plan-brokers.ts'
import { brokerSelector, selectorText } from './resources/labels.ts'
import { bootstrapServers } from './resources/names.ts'

type Status = NonNullable<KafkaCluster['status']>
type Node = NonNullable<Status['nodes']>[number]

export type ClusterFacts = {
  /** What the metadata log says. An operator that has not read it yet has nothing to tell. */
  readonly image: MetadataImage
  readonly pods: readonly ObservedPod[]
  /** Why nothing can be decided, or undefined. */
  readonly withoutController: string | undefined
  /** Whether a broker says that its disk is full or failed. */
  readonly isDiskFailing: (brokerId: number) => boolean
  /** Why it is not as its resource says: an edit that cannot be carried out. */
  readonly refused: Readiness | undefined
  readonly nowMs: number
}

/**
 * What the status of a KafkaCluster on Kubernetes says. Pure; the same again as long as nothing
 * changed.
 *
 * @param cluster With the status that it has now.
 */
export function kafkaClusterStatus(
  cluster: KafkaCluster,
  { image, pods, withoutController, isDiskFailing, refused, nowMs }: ClusterFacts,
): Status {
  const { metadata, spec } = cluster
  const plan = planBrokers(cluster, image)
  const views = topicViews(image)
  const podOf = new Map(pods.map((pod) => [pod.brokerId, pod]))
  const isServing = (id: number) => serves(podOf.get(id), image.brokers.get(id))
  const ids = new Set([...plan.desired.map(({ nodeId }) => nodeId), ...podOf.keys()])
  const sorted = [...ids].toSorted((a, b) => a - b)
  const counts = replicaCounts(views)
  const leaving = new Set(plan.occupied.map(({ id }) => id))
  const ready = sorted.filter(isServing).length
  const desired = spec.brokers.replicas
  const state = { resource: cluster, plan, withoutController, isServing, isDiskFailing }
  const readiness = refused ?? clusterReadiness(state)
  return {
    ...(metadata.generation === undefined ? {} : { observedGeneration: metadata.generation }),
    ...(image.clusterId === undefined ? {} : { clusterId: image.clusterId }),
    brokers: {
      desired,
      ready,
      summary: `${ready}/${desired}`,
      selector: selectorText(brokerSelector(cluster)),
    },
    nodes: sorted.map((id) => {
      const [pod, broker] = [podOf.get(id), image.brokers.get(id)]
      const state = stateOf(pod, broker, leaving.has(id))
      return nodeOf(id, { pod, broker, state, count: counts.get(id) })
    }),
    listeners: spec.listeners.map((listener) => ({
      name: listener.name,
      bootstrapServers: bootstrapServers(cluster, listener),
    })),
    topics: topicCounts(views),
    conditions: conditionsAfter(cluster, readiness, nowMs),
  }
}

/** What a kubelet and the controller both say. */
function serves(pod: ObservedPod | undefined, broker: BrokerImage | undefined): boolean {
  return pod?.isReady === true && !pod.isTerminating && broker?.fenced === false
}

function stateOf(
  pod: ObservedPod | undefined,
  broker: BrokerImage | undefined,
  isLeaving: boolean,
): Node['state'] {
  if (pod === undefined || pod.isTerminating) return 'Stopped'
  if (serves(pod, broker)) return isLeaving ? 'Draining' : 'Running'
  return pod.isReady && broker?.fenced === true ? 'Fenced' : 'Starting'
}

function nodeOf(
  id: number,
  of: {
    pod: ObservedPod | undefined
    broker: BrokerImage | undefined
    state: Node['state']
    count: ReplicaCount | undefined
  },
): Node {
  const rack = of.broker?.rack ?? null
  return {
    id,
    ...(of.pod === undefined ? {} : { pod: of.pod.name }),
    ...(rack === null ? {} : { rack }),
    state: of.state,
    leaders: of.count?.leaders ?? 0,
    replicas: of.count?.replicas ?? 0,
  }
}

function topicCounts(topics: readonly TopicView[]) {
  const sum = (of: (topic: TopicView) => number) =>
    topics.reduce((total, topic) => total + of(topic), 0)
  const isWell = (topic: TopicView) => topic.leaderless === 0 && topic.underReplicated === 0
  return {
    total: topics.length,
    ready: topics.filter(isWell).length,
    underReplicated: sum(({ underReplicated }) => underReplicated),
    leaderless: sum(({ leaderless }) => leaderless),
  }
}
