import type { Files } from '../../../lib/files.ts'
import { isFromDisk, StorageError, storageErrorOf } from '../../../lib/storage-error.ts'
import { KafkaError } from '../../protocol/errors.ts'
import { ProtocolError } from '../../protocol/protocol-error.ts'
import { CorruptFileError } from '../corrupt-file-error.ts'
import type { LogServices } from '../log-options.ts'
import { parseSegmentFileName } from '../names.ts'
import { type Checkpointed, openPartitionLog } from '../open.ts'
import type { PartitionLog } from '../partition-log.ts'
import type { LogPlace } from './log-place.ts'
import { readTopicId } from './topic-id.ts'

/** A partition whose directory was there at the start, or a log that was opened since. */
export type Opened = {
  readonly place: LogPlace
  /** Undefined if its file is damaged, or was not written when its maker crashed. */
  readonly topicId: string | undefined
} & (
  | { readonly log: PartitionLog; readonly problem: undefined }
  | { readonly log: undefined; readonly problem: StorageError }
)

/** Opens a log with what is in its directory. One that cannot be opened is left as it is. */
export function openPartition(
  place: LogPlace,
  checkpointed: Checkpointed,
  services: LogServices,
): Opened {
  const { directory } = place
  let topicId: string | undefined
  try {
    topicId = readTopicId(services.files, directory)
    if (topicId === undefined) checkNothingToOwn(services.files, directory)
    const log = openPartitionLog(place, checkpointed, services)
    return { place, topicId, log, problem: undefined }
  } catch (error) {
    const problem = problemOf(error, directory)
    if (problem === undefined) throw error // our own mistake
    return { place, topicId, log: undefined, problem }
  }
}

/** The id of the topic is durable before the first batch is written. */
function checkNothingToOwn(files: Files, directory: string): void {
  const hasBatches = files.list(directory).some((name) => {
    return parseSegmentFileName(name)?.kind === 'log'
  })
  if (!hasBatches) return
  const message = `${directory} cannot be trusted: it has a log, but no partition.metadata`
  throw new StorageError('Untrusted', `${message} that says of which topic`)
}

function problemOf(error: unknown, directory: string): StorageError | undefined {
  if (error instanceof StorageError) return error
  if (isFromDisk(error)) return storageErrorOf(error, `${directory} could not be opened`)
  const isDamage =
    error instanceof CorruptFileError ||
    error instanceof KafkaError ||
    error instanceof ProtocolError ||
    error instanceof RangeError // a length in a damaged header leads out of its buffer
  if (!isDamage) return undefined
  const message = `${directory} is damaged, nothing more is written to it: ${error.message}`
  return new StorageError('Untrusted', message, { cause: error })
}
