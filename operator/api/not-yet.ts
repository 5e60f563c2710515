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

function ofCluster(cluster: KafkaCluster): TogetherProblem[] {
  const { config, listeners } = cluster.spec
  const name = 'default.replication.factor'
  const found = Object.hasOwn(config, name) ? config[name] : undefined
  const problems: TogetherProblem[] = []
  if (found !== undefined && found !== '1') {
    const path = ['spec', 'config', name]
    problems.push({
      resource: cluster,
      problem: problem(path, replication, `${one}, found ${found}`),
    })
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
