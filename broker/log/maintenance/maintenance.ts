import type { Clock } from '../../../lib/clock.ts'
import type { Files } from '../../../lib/files.ts'
import type { Random } from '../../../lib/random.ts'
import type { DataDirectory } from '../data-directory/data-directory.ts'
import { LogCleaner } from './log-cleaner.ts'
import type { Failure, MaintainedLog, Report } from './maintained-log.ts'
import { type Repeated, repeat } from './repeat.ts'
import { applyRetentionToAll } from './retain.ts'
import { writeHighWatermarks } from './write-high-watermarks.ts'

/** By Kafka's names. */
export type MaintenanceConfig = {
  /** `log.initial.task.delay.ms`: before retention and the checkpoint of recovery points begin. */
  readonly initialTaskDelayMs: number
  /** `log.retention.check.interval.ms` */
  readonly retentionCheckIntervalMs: number
  /** `log.cleaner.backoff.ms`: until it is looked again, when nothing was dirty. */
  readonly cleanerBackoffMs: number
  /** `log.cleaner.dedupe.buffer.size`, of which 24 bytes are for each key. */
  readonly cleanerDedupeBufferBytes: number
  /** `log.flush.offset.checkpoint.interval.ms`: recovery points, starts, and the cleaner's. */
  readonly flushOffsetCheckpointIntervalMs: number
  /** `replica.high.watermark.checkpoint.interval.ms` */
  readonly highWatermarkCheckpointIntervalMs: number
}

/** Kafka's defaults, but for the buffer: 128 MB there would be most of our memory. */
export const defaultMaintenanceConfig: MaintenanceConfig = {
  initialTaskDelayMs: 30_000,
  retentionCheckIntervalMs: 300_000,
  cleanerBackoffMs: 15_000,
  cleanerDedupeBufferBytes: 16 * 1024 * 1024, // 629,000 keys; for more it takes several passes
  flushOffsetCheckpointIntervalMs: 60_000,
  highWatermarkCheckpointIntervalMs: 5_000,
}

export type MaintenanceOptions = {
  readonly clock: Clock
  readonly random: Random
  readonly files: Files
  readonly directory: Pick<
    DataDirectory,
    'checkpointOf' | 'setCheckpoint' | 'writeCheckpointsLater' | 'writeHighWatermarksLater'
  >
  /** Gone over again and again, while logs come and go. */
  readonly logs: Iterable<MaintainedLog>
  readonly report: Report
  readonly config?: Partial<MaintenanceConfig>
}

/**
 * What is done for the logs of a broker now and then, from when it is made until it is stopped:
 * retention, compaction, checkpoints. Each has a timer; while nothing changes none of them asks
 * anything of the disk. To be stopped before the data directory is.
 */
export class Maintenance {
  private readonly options: MaintenanceOptions
  private readonly works: readonly Repeated[]

  constructor(options: MaintenanceOptions) {
    this.options = options
    const { clock, directory, logs, report } = options
    const config = { ...defaultMaintenanceConfig, ...options.config }
    const cleaner = new LogCleaner({
      ...options,
      checkpoints: directory,
      dedupeBufferBytes: config.cleanerDedupeBufferBytes,
    })
    const { initialTaskDelayMs } = config
    this.works = [
      this.every(config.retentionCheckIntervalMs, initialTaskDelayMs, 'retention', (isStopped) =>
        applyRetentionToAll(logs, { clock, report, isStopped }),
      ),
      this.every(config.cleanerBackoffMs, config.cleanerBackoffMs, 'compaction', (isStopped) =>
        cleaner.cleanAll(isStopped),
      ),
      this.every(config.flushOffsetCheckpointIntervalMs, initialTaskDelayMs, 'checkpoints', () =>
        directory.writeCheckpointsLater(),
      ),
      this.every(
        config.highWatermarkCheckpointIntervalMs,
        config.highWatermarkCheckpointIntervalMs,
        'checkpoints',
        (isStopped) => writeHighWatermarks(logs, directory, { clock, isStopped }),
      ),
    ]
  }

  /**
   * Settles when nothing is under way any more, and the last high watermarks are written.
   *
   * @throws {StorageError} If that fails.
   */
  async stop(): Promise<void> {
    await Promise.all(this.works.map((work) => work.stop()))
    const { logs, directory, clock } = this.options
    await writeHighWatermarks(logs, directory, { clock, isStopped: () => false })
  }

  private every(
    intervalMs: number,
    firstMs: number,
    work: Failure['work'],
    act: (isStopped: () => boolean) => Promise<void>,
  ): Repeated {
    const { clock, report } = this.options
    return repeat(clock, { firstMs, intervalMs }, act, (error) => report({ work, error }))
  }
}
