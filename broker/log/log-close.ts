import { cancelCleaning } from './log-cleaning.ts'
import { flushNow } from './log-flush.ts'
import type { LogParts } from './log-parts.ts'

/** Makes all durable, if anything was changed: see `PartitionLog.closeDurably`. */
export async function finishDurably(log: LogParts): Promise<void> {
  cancelCleaning(log)
  await log.written()
  await log.quiet()
  if (log.store.isAsStopped) return
  finish(log)
  await flushNow(log, { isLast: true })
}

/** The same without making it durable, where all that was appended is written. */
export function finishIfWhole(log: LogParts): void {
  const { problem, isClosed } = log.status
  const isWhole = problem === undefined && !isClosed && log.writer.isIdle
  if (isWhole && !log.store.isAsStopped) finish(log)
}

/** Says on the disk what is left to say, so that the next start need not look at batches. */
function finish(log: LogParts): void {
  const { segments, store, keeper } = log
  const { active } = segments
  if (active === undefined) return
  log.guardNow('close', () => {
    store.close(active, keeper.snapshot())
    keeper.writeChangedEpochs()
  })
}
