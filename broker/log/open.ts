import type { LogOptions, LogServices } from './log-options.ts'
import { PartitionLog } from './partition-log.ts'
import { openLog } from './recovery.ts'
import type { RecoveryOptions } from './survey.ts'

/** What is known of a log from outside its directory when it is opened. */
export type Checkpointed = Pick<
  RecoveryOptions,
  'flushedEndOffset' | 'logStartOffset' | 'clean' | 'nowMs'
>

/** Opens the log of a partition, with what is in its directory, if there is one. */
export function openPartitionLog(
  options: LogOptions,
  checkpointed: Checkpointed,
  services: LogServices,
): PartitionLog {
  const { directory, config, producerIdExpirationMs } = options
  const found = { directory, config, producerIdExpirationMs, ...checkpointed }
  return new PartitionLog(options, services, openLog(found, services))
}
