import type { Metrics, Sample } from '../../lib/metrics.ts'
import type { MaintainedLog } from '../log/maintenance/maintained-log.ts'
import { emptyImage, type MetadataImage, type TopicImage } from '../metadata/image.ts'

export type ReplicaSources = {
  readonly nodeId: number
  readonly image: () => MetadataImage | undefined
  /** Of the partitions that this broker has. */
  readonly logs: () => Iterable<MaintainedLog>
  /** Logs that cannot be used. */
  readonly offlineLogs: () => number
}

/** What this broker leads and has, and whether it is well. Nothing is kept: an image is gone over. */
export function addReplicaMetrics(metrics: Metrics, sources: ReplicaSources): void {
  let counted: ReplicaCounts = countReplicas(sources.image() ?? emptyImage, sources.nodeId)
  const named = (name: string, help: string) => {
    return { name: `kafka_server_replicamanager_${name}`, help }
  }
  // The first of them counts for all.
  metrics.addValue(
    'gauge',
    named('partitioncount', 'Partitions of which it has a replica.'),
    () => {
      counted = countReplicas(sources.image() ?? emptyImage, sources.nodeId)
      return counted.replicas
    },
  )
  const leaders = named('leadercount', 'Partitions that it leads.')
  metrics.addValue('gauge', leaders, () => counted.leaders)
  const under = named('underreplicatedpartitions', 'Of those, how many lack a replica in the ISR.')
  metrics.addValue('gauge', under, () => counted.underReplicated)
  const offline = named('offlinereplicacount', 'Logs that cannot be used.')
  metrics.addValue('gauge', offline, sources.offlineLogs)
  const leaderless = {
    name: 'kavka_leaderless_partitions',
    help: 'Partitions of which it has a replica and that nobody leads.',
  }
  metrics.addValue('gauge', leaderless, () => counted.leaderless)
  addLogMetrics(metrics, sources)
}

function addLogMetrics(metrics: Metrics, { logs }: ReplicaSources): void {
  const perLog = (read: (one: MaintainedLog) => number) =>
    function* (): Generator<Sample> {
      for (const one of logs()) {
        if (one.log.isClosed || !one.log.isMade) continue // of most there may be nothing to say
        const { topic, partition } = one.partition
        yield { value: read(one), labels: { topic, partition } }
      }
    }
  const all: [string, string, (one: MaintainedLog) => number][] = [
    ['kafka_log_log_size', 'Bytes on the disk.', ({ log }) => log.sizeBytes],
    [
      'kafka_topic_partition_current_offset',
      'The high watermark: where consumers can read up to.',
      (one) => one.highWatermark(),
    ],
    [
      'kafka_topic_partition_oldest_offset',
      'The first offset that is there.',
      ({ log }) => log.logStartOffset,
    ],
  ]
  for (const [name, help, read] of all) {
    metrics.add({ name, help, type: 'gauge', collect: perLog(read) })
  }
}

export type ReplicaCounts = {
  readonly replicas: number
  readonly leaders: number
  readonly underReplicated: number
  readonly leaderless: number
}

/** Counts what an image says of one broker. What two images share is counted once. */
export function countReplicas({ topics }: MetadataImage, nodeId: number): ReplicaCounts {
  const sum = { replicas: 0, leaders: 0, underReplicated: 0, leaderless: 0 }
  for (const bucket of topics.buckets) {
    if (bucket === undefined) continue
    let known = counted.get(bucket)
    if (known?.nodeId !== nodeId) {
      known = { nodeId, ...countIn(bucket.values(), nodeId) }
      counted.set(bucket, known)
    }
    sum.replicas += known.replicas
    sum.leaders += known.leaders
    sum.underReplicated += known.underReplicated
    sum.leaderless += known.leaderless
  }
  return sum
}

const counted = new WeakMap<object, ReplicaCounts & { readonly nodeId: number }>()

function countIn(topics: Iterable<TopicImage>, nodeId: number): ReplicaCounts {
  let [replicas, leaders, underReplicated, leaderless] = [0, 0, 0, 0]
  for (const { partitions } of topics) {
    for (let index = 0; index < partitions.count; index++) {
      if (!partitions.hasReplica(index, nodeId)) continue
      const partition = partitions.at(index)
      replicas += 1
      if (partition.leader === -1) leaderless += 1
      if (partition.leader !== nodeId) continue
      leaders += 1
      if (partition.isr.length < partition.replicas.length) underReplicated += 1
    }
  }
  return { replicas, leaders, underReplicated, leaderless }
}
