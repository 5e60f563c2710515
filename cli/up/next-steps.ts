import type { ClusterStatus } from '../../operator/embedded/status.ts'

/** What to try once a cluster is there, for whoever started it from a terminal. */
export function nextSteps(
  { name, bootstrapServers, topics }: ClusterStatus,
  { directory, metricsEndpoint }: { directory: string; metricsEndpoint: string },
): string {
  const topic = topics[0]?.name ?? 'my-topic'
  const server = bootstrapServers.split(',')[0] as string
  const at = server === 'localhost:9092' ? '' : ` --bootstrap-server ${server}`
  return `
KafkaCluster ${name} is ready: bootstrap.servers=${bootstrapServers}

  In another terminal:
    echo hello | bin/kavka produce ${topic}${at}
    bin/kavka consume ${topic} --from-beginning${at}
    bin/kavka status
    curl ${metricsEndpoint}

  Any Kafka client works. Edit the files in ${directory}: what changes is carried out at once.
  Ctrl-C stops all in order; the records stay.
`
}
