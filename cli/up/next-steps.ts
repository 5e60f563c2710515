import type { BrokerStatus, ClusterStatus, TopicStatus } from '../../operator/embedded/status.ts'

/** What to try once a cluster is there, for whoever started it from a terminal. */
export function nextSteps(
  { name, bootstrapServers, topics, brokers }: ClusterStatus,
  { directory, metricsEndpoint }: { directory: string; metricsEndpoint: string },
): string {
  const shown = topics.find((each) => !each.name.startsWith('__'))
  const topic = shown?.name ?? 'my-topic'
  const server = bootstrapServers.split(',')[0] as string
  const at = server === 'localhost:9092' ? '' : ` --bootstrap-server ${server}`
  return `
KafkaCluster ${name} is ready: bootstrap.servers=${bootstrapServers}

  In another terminal:
    echo hello | bin/kavka produce ${topic}${at}
    bin/kavka consume ${topic} --from-beginning${at}
    bin/kavka status
    curl ${metricsEndpoint}${killSomeone(brokers, shown)}

  Any Kafka client works. Edit the files in ${directory}: what changes is carried out at once.
  Ctrl-C stops all in order; the records stay.
`
}

/** Only where nobody misses it. */
function killSomeone(brokers: readonly BrokerStatus[], topic: TopicStatus | undefined): string {
  const replicas = topic?.partitions[0]?.replicas ?? []
  const pid = brokers.at(-1)?.pid ?? null
  if (pid === null || replicas.length < 3) return ''
  return `\n    kill -9 ${pid}    # broker ${brokers.at(-1)?.id}: the others go on, and it comes back`
}
