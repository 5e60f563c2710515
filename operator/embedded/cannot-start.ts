import { MetadataError } from '../../broker/metadata/metadata-error.ts'
import { NetworkError } from '../../broker/net/network-error.ts'
import { KafkaError } from '../../broker/protocol/errors.ts'
import { isFromDisk, StorageError } from '../../lib/storage-error.ts'
import { ReconcileError } from '../reconcile-error.ts'

/**
 * What to throw where a cluster does not start.
 *
 * @returns A ReconcileError for what the machine refuses: a port, a directory, a lock. Our own
 *   mistakes as they are.
 */
export function cannotStart(error: unknown): unknown {
  return isRefusal(error)
    ? new ReconcileError('CannotStart', error.message, { cause: error })
    : error
}

function isRefusal(error: unknown): error is Error {
  if (!(error instanceof Error)) return false
  const isKnown = [StorageError, NetworkError, MetadataError, KafkaError].some((kind) => {
    return error instanceof kind
  })
  return isKnown || error.name === 'LockHeldError' || isFromDisk(error)
}
