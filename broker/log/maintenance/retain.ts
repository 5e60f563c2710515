import type { Clock } from '../../../lib/clock.ts'
import type { MaintainedLog, Report } from './maintained-log.ts'

/**
 * Removes what `retention.ms` and `retention.bytes` no longer keep of all logs, one after the other.
 * Others have a turn now and then while there is nothing to remove. A log that fails is reported; it
 * is offline then. Logs that are offline since the disk is full are looked after too: that makes room.
 */
export async function applyRetentionToAll(
  logs: Iterable<MaintainedLog>,
  { clock, report, isStopped }: { clock: Clock; report: Report; isStopped: () => boolean },
): Promise<void> {
  let looked = 0
  for (const maintained of logs) {
    const { log } = maintained
    looked += 1
    if (looked % logsPerTurn === 0) await clock.turn()
    try {
      if (!log.isReadable) continue
      const now = { nowMs: clock.nowMs(), highWatermark: maintained.highWatermark() }
      await log.applyRetention(now)
    } catch (error) {
      if (!log.isClosed) report({ work: 'retention', log, error })
    }
    if (isStopped()) return
  }
}

const logsPerTurn = 100
