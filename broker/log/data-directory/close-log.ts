import type { PartitionLog } from '../partition-log.ts'
import { isFromDisk, StorageError, storageErrorOf } from '../storage-error.ts'

/**
 * Closes a log so that all of it is durable: batches, and the indexes that are believed without a
 * look after a clean stop.
 *
 * @returns Why it is not, or undefined.
 */
export async function closeDurably(log: PartitionLog): Promise<StorageError | undefined> {
  try {
    await log.closeDurably()
    return undefined
  } catch (error) {
    if (error instanceof StorageError) return error
    if (!isFromDisk(error)) throw error
    return storageErrorOf(error, `${log.directory} could not be closed`)
  }
}
