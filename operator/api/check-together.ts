import { nearest } from '../../lib/nearest.ts'
import type { KafkaCluster } from './kafka-cluster/kafka-cluster.ts'
import { type Path, type Problem, problem } from './schema/problem.ts'
import { clusterKeyOf } from './topic/cluster-key.ts'
import type { Topic } from './topic/topic.ts'
import { collisionName, topicNameOf } from './topic/topic-name.ts'

/** A problem that shows only beside other resources. */
export type TogetherProblem = {
  readonly resource: KafkaCluster | Topic
  readonly problem: Problem
}

/**
 * What clusters and topics say together. Each of them is right for itself.
 *
 * Of two topics with one name the older holds, by `creationTimestamp`, then by the order given.
 */
export function checkTogether(
  clusters: readonly KafkaCluster[],
  topics: readonly Topic[],
): TogetherProblem[] {
  const byName = new Map(clusters.map((cluster) => [keyOf(cluster), cluster]))
  const holders = new Map<string, Topic>()
  return [
    ...clusters.flatMap(checkReplication),
    ...topics
      .toSorted(olderFirst)
      .flatMap((topic) => [...checkCluster(topic, byName), ...checkTopicName(topic, holders)]),
  ]
}

/** These cannot be met by any topic that relies on them. */
const replicationSettings = [
  'default.replication.factor',
  'min.insync.replicas',
  'offsets.topic.replication.factor',
  'transaction.state.log.replication.factor',
  'share.coordinator.state.topic.replication.factor',
]

function checkReplication(cluster: KafkaCluster): TogetherProblem[] {
  const { brokers, config } = cluster.spec
  return replicationSettings.flatMap((name) => {
    const text = Object.hasOwn(config, name) ? config[name] : undefined
    if (text === undefined || Number(text) <= brokers.replicas) return []
    const message = `must be at most spec.brokers.replicas, found ${text} with ${brokersOf(cluster)}`
    return [of(cluster, ['spec', 'config', name], 'InsufficientBrokers', message)]
  })
}

function checkCluster(
  topic: Topic,
  clusters: ReadonlyMap<string, KafkaCluster>,
): TogetherProblem[] {
  const { clusterRef, replicationFactor } = topic.spec
  const { namespace } = topic.metadata
  const cluster = clusters.get(clusterKeyOf(topic))
  if (cluster === undefined) {
    const names = [...clusters.values()]
      .filter(({ metadata }) => metadata.namespace === namespace)
      .map(({ metadata }) => metadata.name)
    const message = `must be a KafkaCluster of namespace ${namespace}, found "${clusterRef.name}"`
    const path = ['spec', 'clusterRef', 'name']
    return [of(topic, path, 'ClusterNotFound', message + thereIs(clusterRef.name, names))]
  }
  const { replicas } = cluster.spec.brokers
  if (replicationFactor === undefined || replicationFactor <= replicas) return []
  const found = `found ${replicationFactor} with ${brokersOf(cluster)}`
  const message = `must be at most spec.brokers.replicas of KafkaCluster ${clusterRef.name}, ${found}`
  return [of(topic, ['spec', 'replicationFactor'], 'InsufficientBrokers', message)]
}

function thereIs(wanted: string, names: readonly string[]): string {
  if (names.length === 0) return '; there is none'
  const meant = nearest(wanted, names)
  if (meant !== undefined) return `; did you mean ${meant}?`
  return names.length <= 5 ? `; there is ${names.join(', ')}` : ''
}

/** @param holders Topics that hold their name, by cluster and what the name collides in. */
function checkTopicName(topic: Topic, holders: Map<string, Topic>): TogetherProblem[] {
  const name = topicNameOf(topic)
  const key = `${clusterKeyOf(topic)}/${collisionName(name)}`
  const holder = holders.get(key)
  if (holder === undefined) {
    holders.set(key, topic)
    return []
  }
  const said = topic.spec.topicName === undefined ? ['metadata', 'name'] : ['spec', 'topicName']
  const same = topicNameOf(holder) === name
  const message = same
    ? `must be the only topic of that name in KafkaCluster ${topic.spec.clusterRef.name}, found ${name} in Topic ${holder.metadata.name} too`
    : `must differ from others in more than . and _, found ${name} beside ${topicNameOf(holder)} of Topic ${holder.metadata.name}`
  return [of(topic, said, same ? 'Conflict' : 'TopicNameCollision', message)]
}

function of(
  resource: KafkaCluster | Topic,
  path: Path,
  reason: string,
  message: string,
): TogetherProblem {
  return { resource, problem: problem(path, reason, message) }
}

function keyOf({ metadata }: KafkaCluster): string {
  return `${metadata.namespace}/${metadata.name}`
}

function brokersOf({ spec }: KafkaCluster): string {
  return spec.brokers.replicas === 1 ? '1 broker' : `${spec.brokers.replicas} brokers`
}

/** Times are RFC 3339 in UTC, which sort as texts. What was never stored is as it comes. */
function olderFirst(a: Topic, b: Topic): number {
  const [x, y] = [a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? '']
  return x === y ? 0 : x < y ? -1 : 1
}
