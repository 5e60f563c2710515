import { emptyState, positionAfter, positionOf } from '../../../../broker/metadata/position.ts'
import { StorageError } from '../../../../lib/storage-error.ts'
import { firstBatch } from '../birth.ts'
import { type Head, headBatchOf, specOf } from './head.ts'
import { type Belongs, newObject } from './new-object.ts'
import { nextHead } from './next-head.ts'
import type { Api } from './read-object.ts'

/**
 * A log that begins: its first record says whose it is. The batch is the same whoever begins it, and
 * whenever: an etcd that is put back to before the log began may have it begun once more.
 */
export function firstHead(about: { clusterId: string; storeId: string }): Head {
  const batch = firstBatch(about.clusterId, noTimestampMs)
  const start = positionOf(emptyState)
  const { offset: endOffset, epoch, incarnationId } = positionAfter(start, batch.records)
  const writer = { epoch, incarnationId }
  const { storeId } = about
  const write = { storeId, writer, endOffset, batch: headBatchOf(batch), segments: [] }
  const nothing = { endOffset: 0, chain: '', writer, batches: [], segments: [] }
  return nextHead({ ...nothing, snapshot: undefined }, write)
}

const noTimestampMs = 0

/**
 * Makes the head. Whether it did, or somebody else, or nobody knows: it has to be read then.
 *
 * @throws {StorageError} Where it was refused.
 */
export async function createHead(
  { objects, patience }: Api,
  { name, head, belongs, attempt }: { name: string; head: Head; belongs: Belongs; attempt: number },
): Promise<void> {
  const outcome = await objects.create(newObject(name, belongs, specOf(head)))
  patience.check()
  if (outcome.type === 'refused') {
    const what = `the Kubernetes API refuses ClusterMetadata ${name}: ${outcome.why}`
    throw new StorageError('Foreign', what)
  }
  if (outcome.type === 'unknown') await patience.pause(attempt, outcome.why)
}
