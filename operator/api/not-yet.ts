import type { TogetherProblem } from './check-together.ts'
import type { KafkaCluster } from './kafka-cluster/kafka-cluster.ts'
import { problem } from './schema/problem.ts'
import type { Topic } from './topic/topic.ts'

/** What resources may say one day, and cannot have yet: better told by file and line than found out. */
export function checkNotYet(
  clusters: readonly KafkaCluster[],
  topics: readonly Topic[],
): TogetherProblem[] {
  return [...clusters.flatMap(ofCluster), ...topics.flatMap(ofTopic)]
}

const replication = 'NotYetReplicated'
const one = 'must be 1 until kavka replicates'
/** That of groups is refused here, or nobody could tell why no group finds its coordinator. */
const replicationFactors = ['default.replication.factor', 'offsets.topic.replication.factor']

function ofCluster(cluster: KafkaCluster): TogetherProblem[] {
  const { config, listeners } = cluster.spec
  const problems: TogetherProblem[] = []
  for (const name of replicationFactors) {
    const found = Object.hasOwn(config, name) ? config[name] : undefined
    if (found === undefined || found === '1') continue
    const path = ['spec', 'config', name]
    const message = `${one}, found ${found}`
    problems.push({ resource: cluster, problem: problem(path, replication, message) })
  }
  if (listeners.length > 1) {
    const message = `must be one until brokers serve several, found ${listeners.length}`
    const path = ['spec', 'listeners']
    problems.push({ resource: cluster, problem: problem(path, 'NotYetServed', message) })
  }
  return problems
}

function ofTopic(topic: Topic): TogetherProblem[] {
  const { replicationFactor: found } = topic.spec
  if (found === undefined || found === 1) return []
  const path = ['spec', 'replicationFactor']
  return [{ resource: topic, problem: problem(path, replication, `${one}, found ${found}`) }]
}
