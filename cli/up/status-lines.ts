import type { BrokerStatus, ClusterStatus, TopicStatus } from '../../operator/embedded/status.ts'
import type { CurrentStatus } from './current-status.ts'

/** What people read: a table each of brokers and topics, and what is wrong. */
export function statusLines({ status, isRunning }: CurrentStatus): string[] {
  const lines = isRunning ? [] : ["No 'kavka up' runs here: brokers that still run serve on.", '']
  for (const cluster of status.clusters) lines.push(...ofCluster(cluster), '')
  const { keptClusters } = status
  if (keptClusters.length > 0) {
    lines.push(`Without a manifest, and kept: KafkaCluster ${keptClusters.join(', ')}`, '')
  }
  const wrong = status.resources.flatMap(({ kind, name, conditions }) => {
    return conditions
      .filter((condition) => condition.status !== 'True')
      .map(({ reason, message }) => `${kind} ${name}: ${reason}: ${message}`)
  })
  if (wrong.length > 0) lines.push('Not ready:', ...wrong.map((line) => `  ${line}`), '')
  lines.pop()
  return lines
}

function ofCluster(cluster: ClusterStatus): string[] {
  const head = `KafkaCluster ${cluster.name}: bootstrap.servers=${cluster.bootstrapServers}`
  const problem = cluster.problem === null ? [] : [`  ${cluster.problem}`]
  const { topics } = cluster
  const shown = topics.slice(0, shownTopics)
  const more = topics.length - shown.length
  return [
    head,
    ...problem,
    ...table(
      ['broker', 'state', 'pid', 'endpoint', 'leaders', 'metrics'],
      cluster.brokers.map(ofBroker),
    ),
    ...(topics.length === 0
      ? ['  no topics yet']
      : table(['topic', 'partitions', 'replicas', 'led', 'by broker', ''], shown.map(ofTopic))),
    ...(more > 0 ? [`  and ${more} more topics (--json has them all)`] : []),
  ]
}

const shownTopics = 100

function ofBroker(broker: BrokerStatus): string[] {
  const { id, state, pid, endpoint, leaders, metricsEndpoint, problem } = broker
  const why = problem === null || state === 'Ready' ? '' : ` (${problem})`
  return [`${id}`, `${state}${why}`, `${pid ?? '-'}`, endpoint, `${leaders}`, metricsEndpoint]
}

function ofTopic({ name, partitions, orphaned }: TopicStatus): string[] {
  const led = partitions.filter(({ leader }) => leader !== null)
  const leaders = [...new Set(led.map(({ leader }) => leader as number))].sort((a, b) => a - b)
  const missing = partitions.filter(({ leader, isr }) => leader === null && isr.length === 0).length
  const replicas = Math.max(0, ...partitions.map((partition) => partition.replicas.length))
  const lagging = partitions.filter((partition) => {
    return partition.leader !== null && partition.isr.length < partition.replicas.length
  }).length
  const notes = [
    ...(orphaned ? ['Orphaned: it has no manifest, and is kept'] : []),
    ...(missing > 0 ? [`DataMissing: no broker has the records of ${missing} partitions`] : []),
    ...(lagging > 0 ? [`under-replicated: ${lagging} partitions`] : []),
  ]
  return [
    name,
    `${partitions.length}`,
    `${replicas}`,
    `${led.length}`,
    leaders.join(','),
    notes.join('; '),
  ]
}

function table(head: readonly string[], rows: readonly string[][]): string[] {
  const all = [head, ...rows]
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)))
  return all.map((row) => {
    const cells = row.map((cell, column) => cell.padEnd(widths[column] ?? 0))
    return `  ${cells.join('  ')}`.trimEnd()
  })
}
