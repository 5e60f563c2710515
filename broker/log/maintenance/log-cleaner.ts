import type { Clock } from '../../../lib/clock.ts'
import type { Files } from '../../../lib/files.ts'
import type { Random } from '../../../lib/random.ts'
import { isFromDisk, StorageError } from '../../../lib/storage-error.ts'
import { compactLog } from '../compact-log.ts'
import { type DirtyRange, findDirtyRange } from '../compaction/dirty-range.ts'
import { OffsetMap } from '../compaction/offset-map.ts'
import { CleaningCancelled } from '../compaction/pacer.ts'
import type { DataDirectory } from '../data-directory/data-directory.ts'
import type { PartitionLog } from '../partition-log.ts'
import type { MaintainedLog, Report } from './maintained-log.ts'

export type LogCleanerOptions = {
  readonly clock: Clock
  readonly random: Random
  readonly files: Files
  readonly logs: Iterable<MaintainedLog>
  /** Has the cleaner's checkpoint, and lowers it before a log is cut off below. */
  readonly checkpoints: Pick<DataDirectory, 'checkpointOf' | 'setCheckpoint'>
  readonly report: Report
  /** `log.cleaner.dedupe.buffer.size` */
  readonly dedupeBufferBytes: number
  /** Work between two turns of others: see `CleaningOptions`. */
  readonly pieceBytes?: number
}

/**
 * Compacts the logs of a broker, one after the other, the most urgent first. A log whose map was
 * full gets its next cleaning when the others had theirs. One that cannot be cleaned is reported and
 * left alone: for good if a batch is damaged, for a minute if the disk failed or is full.
 *
 * Memory: one map, from the first dirty log until there is none any more, and what `clean` takes.
 */
export class LogCleaner {
  private readonly options: LogCleanerOptions
  private map: OffsetMap | undefined
  /** By the monotonic clock, Infinity for good: until the log is opened anew. */
  private readonly leftAloneUntilMs = new WeakMap<PartitionLog, number>()

  constructor(options: LogCleanerOptions) {
    this.options = options
  }

  /** Cleans until nothing is dirty enough any more. */
  async cleanAll(isStopped: () => boolean): Promise<void> {
    try {
      for (let cleaned = true; cleaned && !isStopped(); ) {
        cleaned = false
        for (const { maintained } of await this.findDirty(isStopped)) {
          if (isStopped()) return
          if (await this.clean(maintained, isStopped)) cleaned = true
        }
      }
    } finally {
      this.map = undefined
    }
  }

  /** Logs that should be compacted, in the order in which to do it. */
  private async findDirty(isStopped: () => boolean): Promise<DirtyLog[]> {
    const { logs, clock } = this.options
    const found: DirtyLog[] = []
    let looked = 0
    for (const maintained of logs) {
      looked += 1
      if (looked % logsPerTurn === 0) await clock.turn()
      if (isStopped()) return []
      const range = this.look(maintained)
      if (range?.shouldClean === true) found.push({ ...range, maintained })
    }
    return found.toSorted(byUrgency)
  }

  /** What is dirty of a log, if it is one to be compacted. */
  private look(maintained: MaintainedLog): DirtyRange | undefined {
    const { log, partition } = maintained
    const { checkpoints, clock } = this.options
    if (!log.config.isCompacted || log.isClosed || log.offline !== undefined) return undefined
    if (clock.monotonicMs() < (this.leftAloneUntilMs.get(log) ?? 0)) return undefined
    try {
      const { logStartOffset, logEndOffset, segmentList: segments } = log
      const facts = {
        segments,
        logStartOffset,
        logEndOffset,
        lastStableOffset: stableEndOf(maintained),
        cleanedEndOffset: checkpoints.checkpointOf(checkpoint, partition),
      }
      const range = findDirtyRange(facts, log.config, clock.nowMs())
      if (range.resetsCheckpoint) {
        checkpoints.setCheckpoint(checkpoint, partition, range.firstDirtyOffset)
      }
      return range
    } catch (error) {
      this.leaveAlone(log, error) // times of segments are read from the disk
      return undefined
    }
  }

  /** @returns Whether there is less to clean now. */
  private async clean(maintained: MaintainedLog, isStopped: () => boolean): Promise<boolean> {
    const { log, partition } = maintained
    const { clock, files, checkpoints, pieceBytes = defaultPieceBytes } = this.options
    if (log.isClosed || log.offline !== undefined) return false
    try {
      const cleaned = await compactLog(log, {
        files,
        map: this.newMap(),
        cleanedEndOffset: checkpoints.checkpointOf(checkpoint, partition),
        lastStableOffset: stableEndOf(maintained),
        nowMs: clock.nowMs(),
        pieceBytes,
        pause: () => clock.turn(),
        isCancelled: isStopped,
        onCleaned: (offset) => checkpoints.setCheckpoint(checkpoint, partition, offset),
      })
      return cleaned !== undefined
    } catch (error) {
      if (!(error instanceof CleaningCancelled) && !log.isClosed) this.leaveAlone(log, error)
      return false
    }
  }

  private leaveAlone(log: PartitionLog, error: unknown): void {
    const isOfDisk = error instanceof StorageError || isFromDisk(error)
    const forMs = isOfDisk ? retryMs : Number.POSITIVE_INFINITY
    this.leftAloneUntilMs.set(log, this.options.clock.monotonicMs() + forMs)
    this.options.report({ work: 'compaction', log, error })
  }

  private newMap(): OffsetMap {
    const { random, dedupeBufferBytes } = this.options
    this.map ??= new OffsetMap({ sizeBytes: dedupeBufferBytes, hashKey: random.bytes(16) })
    return this.map
  }
}

type DirtyLog = Urgency & { readonly maintained: MaintainedLog }
type Urgency = Pick<DirtyRange, 'dirtyRatio' | 'overdueMs'>

/**
 * What is over `max.compaction.lag.ms` first, by how much, since that is a promise; then the
 * dirtiest. Kafka goes by the dirty ratio alone.
 */
export function byUrgency(a: Urgency, b: Urgency): number {
  return b.overdueMs - a.overdueMs || b.dirtyRatio - a.dirtyRatio
}

function stableEndOf(maintained: MaintainedLog): number {
  return Math.min(maintained.highWatermark(), maintained.lastStableOffset())
}

const checkpoint = 'cleaner-offset-checkpoint'
const logsPerTurn = 100
/** Holds up the event loop for half as long as the default of a cleaning, which is 15 ms at most. */
const defaultPieceBytes = 128 * 1024
const retryMs = 60_000
