import type { Clock } from '../../../lib/clock.ts'
import type { DataDirectory } from '../data-directory/data-directory.ts'
import type { MaintainedLog } from './maintained-log.ts'

/**
 * Writes high watermarks to their checkpoint. Nothing is asked of the disk where none has changed.
 *
 * @throws {StorageError} What was not written is written the next time.
 */
export async function writeHighWatermarks(
  logs: Iterable<MaintainedLog>,
  directory: Pick<DataDirectory, 'setCheckpoint' | 'writeHighWatermarksLater'>,
  { clock, isStopped }: { clock: Clock; isStopped: () => boolean },
): Promise<void> {
  let looked = 0
  for (const maintained of logs) {
    looked += 1
    if (looked % logsPerTurn === 0) await clock.turn()
    if (isStopped()) return
    const { log, partition } = maintained
    if (log.isClosed) continue
    const highWatermark = maintained.highWatermark()
    directory.setCheckpoint('replication-offset-checkpoint', partition, highWatermark)
  }
  await directory.writeHighWatermarksLater()
}

const logsPerTurn = 1_000
