import { KafkaError } from '../errors.ts'
import { computeCrc } from './batch-crc.ts'
import {
  attributesOf,
  baseOffsetOf,
  baseSequenceOf,
  baseTimestampOf,
  compressionOf,
  crcOf,
  isControl,
  isTransactional,
  lastOffsetDeltaOf,
  magicOf,
  maxTimestampOf,
  nextOffsetOf,
  producerEpochOf,
  producerIdOf,
  recordsCountOf,
} from './header.ts'
import { at, attribute, headerSizeBytes, minRecordSizeBytes } from './layout.ts'
import { wholeBatchEnd } from './walk.ts'

/**
 * Checks a batch of any origin (a producer, the leader, the disk): that it is whole and undamaged,
 * and that its header makes sense. After it, no accessor in `header.ts` throws. Compacted batches
 * pass, with fewer records than offsets or none at all. The records are not looked at.
 *
 * @returns Where the batch ends.
 * @throws {KafkaError} CORRUPT_MESSAGE (length, magic, CRC), UNSUPPORTED_FOR_MESSAGE_FORMAT
 *   (magic 0, 1), UNSUPPORTED_COMPRESSION_TYPE, INVALID_RECORD (any other field).
 */
export function validateBatch(bytes: Uint8Array, start = 0): number {
  const end = wholeBatchEnd(bytes, start)
  if (end === undefined) throw new KafkaError('CORRUPT_MESSAGE', 'the batch is cut off')
  if (crcOf(bytes, start) !== computeCrc(bytes, start)) {
    throw new KafkaError('CORRUPT_MESSAGE', 'the batch does not have the CRC it says')
  }

  const compression = compressionOf(bytes, start)
  const count = recordsCountOf(bytes, start)
  const lastOffsetDelta = lastOffsetDeltaOf(bytes, start)
  if (count < 0 || lastOffsetDelta < 0 || count > lastOffsetDelta + 1) {
    throw invalid(`${count} records within offset deltas 0 to ${lastOffsetDelta}`)
  }
  if (compression === 'none' && count * minRecordSizeBytes > end - start - headerSizeBytes) {
    throw invalid(`${count} records in ${end - start} bytes`)
  }
  if (baseOffsetOf(bytes, start) < 0 || !Number.isSafeInteger(nextOffsetOf(bytes, start))) {
    throw invalid('offsets out of range')
  }
  baseTimestampOf(bytes, start) // these throw if they are no safe integers
  maxTimestampOf(bytes, start)
  producerIdOf(bytes, start)
  return end
}

/**
 * Checks that a producer sent exactly one batch for a partition, whole and of magic 2, as
 * ProduceRequest does before anything is looked at more closely.
 *
 * @throws {KafkaError} INVALID_RECORD; CORRUPT_MESSAGE for a length or magic that no batch has.
 */
export function checkIsOneBatch(bytes: Uint8Array): void {
  if (bytes.length === 0) throw invalid('no batch')
  const magic = bytes.length > at.magic ? magicOf(bytes, 0) : 2
  if (magic === 0 || magic === 1) throw invalid(`a batch of magic ${magic}: it has to be 2`)
  const end = wholeBatchEnd(bytes)
  if (end === undefined) throw invalid('the batch is cut off')
  if (end !== bytes.length) throw invalid('more than one batch for a partition')
}

/**
 * Checks what a producer sent for one partition: exactly one batch, which Kafka would take from a
 * client. As LogValidator does, but for unused attributes and the delete horizon, which Kafka
 * ignores and nobody may send. The records are left to `validateProducedRecords`.
 *
 * @throws {KafkaError} As `checkIsOneBatch` and `validateBatch` do, and INVALID_TIMESTAMP for
 *   LogAppendTime.
 */
export function validateProducedBatch(bytes: Uint8Array): void {
  checkIsOneBatch(bytes)
  validateBatch(bytes)

  const count = recordsCountOf(bytes, 0)
  if (count === 0) throw invalid('a batch without records')
  if (baseOffsetOf(bytes, 0) !== 0) throw invalid('a producer begins at base offset 0')
  if (lastOffsetDeltaOf(bytes, 0) !== count - 1) {
    throw invalid(`${count} records, but the last offset delta is ${lastOffsetDeltaOf(bytes, 0)}`)
  }

  const attributes = attributesOf(bytes, 0)
  if ((attributes & (attribute.unused | attribute.deleteHorizon)) !== 0) {
    throw invalid(`attributes ${attributes & 0xffff} are not for producers`)
  }
  if (isControl(bytes, 0)) throw invalid('control records are not for producers')
  if ((attributes & attribute.logAppendTime) !== 0) {
    throw new KafkaError('INVALID_TIMESTAMP', 'LogAppendTime is not for producers')
  }

  const producerId = producerIdOf(bytes, 0)
  if (producerId < 0 && isTransactional(bytes, 0)) throw invalid('transactional without producer')
  if (producerId >= 0 && (baseSequenceOf(bytes, 0) < 0 || producerEpochOf(bytes, 0) < 0)) {
    throw invalid(`producer ${producerId} without an epoch or sequence number`)
  }
}

function invalid(what: string): KafkaError {
  return new KafkaError('INVALID_RECORD', what)
}
