import { StorageError } from '../../../lib/storage-error.ts'
import { metadataTopic } from '../../metadata/metadata-topic.ts'
import { defaultLogConfig, type LogConfig } from '../log-config.ts'
import type { LogServices } from '../log-options.ts'
import type { Checkpoints } from './checkpoints.ts'
import { LogPlace, type SharedPlace } from './log-place.ts'
import { type Opened, openPartition } from './open-partition.ts'
import { PartitionMap } from './partition-map.ts'
import { parsePartitionName, type TopicPartition } from './partition-name.ts'

export type StartOptions = {
  readonly nowMs: number
  /** Settings of a topic as far as they are known at the start; all are told again by `open`. */
  readonly configOf: (topic: string) => LogConfig | undefined
  /** Lets others have their turn: awaited now and then while there is much to do. */
  readonly pause: () => Promise<void>
}

/**
 * Opens all logs that lie in a data directory, each as far as it can be trusted.
 *
 * @param clean Whether all were closed in order. Else what is found of logs is made durable, but for
 *   the names of their directories.
 * @returns Also logs of those that should be there and are not; and those of which something was
 *   committed, so that they were there, but nothing durable.
 */
export async function openAll(
  shared: SharedPlace,
  services: LogServices,
  { clean, nowMs, configOf, pause }: StartOptions & { clean: boolean },
): Promise<{ logs: PartitionMap<Opened>; gone: TopicPartition[] }> {
  const { files } = services
  const { path, checkpoints } = shared
  const logs = new PartitionMap<Opened>()
  const gone: TopicPartition[] = []
  const found = files.list(path).flatMap((name) => {
    const own = parsePartitionName(name)
    return own === undefined || own.topic === metadataTopic ? [] : [own] // that one is no replica
  })
  for (const [index, own] of found.entries()) {
    if (index % logsPerTurn === logsPerTurn - 1) await pause()
    const place = new LogPlace(own, configOf(own.topic) ?? unknownConfig, shared)
    const flushedEndOffset = checkpoints.get('recovery-point-offset-checkpoint', own) ?? 0
    const logStartOffset = checkpoints.get('log-start-offset-checkpoint', own) ?? 0
    const checkpointed = { clean, flushedEndOffset, logStartOffset, nowMs }
    logs.set(own, openPartition(place, checkpointed, services))
  }
  for (const own of checkpoints.partitions()) {
    if (logs.has(own)) continue
    const missing = missingOf(own, checkpoints, shared)
    if (missing !== undefined) logs.set(own, missing)
    else if (isCommitted(own, checkpoints)) gone.push(own)
    else checkpoints.forget(own) // it was never durable, or a crash came while it was moved
  }
  return { logs, gone }
}

function isCommitted(own: TopicPartition, checkpoints: Checkpoints): boolean {
  return (checkpoints.get('replication-offset-checkpoint', own) ?? 0) > 0
}

/** A directory that is gone, with what was durable in it, must not begin anew in silence. */
function missingOf(
  own: TopicPartition,
  checkpoints: Checkpoints,
  shared: SharedPlace,
): Opened | undefined {
  const end = checkpoints.get('recovery-point-offset-checkpoint', own) ?? 0
  const start = checkpoints.get('log-start-offset-checkpoint', own) ?? 0
  if (end <= start) return undefined
  const place = new LogPlace(own, unknownConfig, shared)
  const what = `${place.directory} is gone, but ended at ${end} or behind`
  const problem = new StorageError('Untrusted', `${what}: another replica may have it`)
  return { place, topicId: undefined, log: undefined, problem }
}

/** Where offsets may be missing, least is taken for a hole. */
const unknownConfig: LogConfig = { ...defaultLogConfig, isCompacted: true }
/** One takes 0.15 ms to open, and 1 ms and more where it has to be recovered: that blocks the loop. */
const logsPerTurn = 5
