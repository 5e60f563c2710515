import { isFromDisk, StorageError, storageErrorOf } from '../../../lib/storage-error.ts'
import type { PartitionLog } from '../partition-log.ts'

/**
 * Closes logs so that all of them is durable. Some at a time, since each waits for the disk.
 *
 * @returns Why some are not.
 */
export async function closeAll(
  logs: readonly PartitionLog[],
  pause: () => Promise<void>,
): Promise<StorageError[]> {
  const problems: StorageError[] = []
  let next = 0
  await Promise.all(Array.from({ length: closedAtOnce }, closeSome))
  return problems

  async function closeSome(): Promise<void> {
    for (let log = logs[next]; log !== undefined; log = logs[next]) {
      next += 1
      if (next % logsPerTurn === 0) await pause()
      const problem = await closeDurably(log)
      if (problem !== undefined) problems.push(problem)
    }
  }
}

async function closeDurably(log: PartitionLog): Promise<StorageError | undefined> {
  try {
    await log.closeDurably()
    return undefined
  } catch (error) {
    if (error instanceof StorageError) return error
    if (!isFromDisk(error)) throw error
    return storageErrorOf(error, `${log.directory} could not be closed`)
  }
}

const closedAtOnce = 20
/** Those of which nothing has changed are closed without waiting for anything. */
const logsPerTurn = 100
