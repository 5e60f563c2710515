import type { Clock } from '../../../lib/clock.ts'
import type { MaintainedLog, Report } from './maintained-log.ts'

/**
 * Removes what `retention.ms` and `retention.bytes` no longer keep of all logs. Others have a turn
 * after each segment, whose removal may take the disk 100 ms, and now and then while there is
 * nothing to remove. A log that fails is reported; it is offline then.
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
      while (!isStopped() && !log.isClosed && log.offline === undefined) {
        const now = { nowMs: clock.nowMs(), highWatermark: maintained.highWatermark() }
        if (log.applyRetention({ ...now, mostSegments: 1 }) === 0) break
        await clock.turn()
      }
    } catch (error) {
      report({ work: 'retention', log, error })
    }
    if (isStopped()) return
  }
}

const logsPerTurn = 100
