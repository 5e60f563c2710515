import { KafkaError } from '../errors.ts'
import { buildBatch } from './build.ts'
import { readInt16, readInt32, writeInt16, writeInt32 } from './bytes.ts'
import { isControl } from './header.ts'
import { RecordCursor } from './record-cursor.ts'

/** Ends the transaction of a producer in one partition: a control batch of one record. */
export type EndTransactionMarker = {
  readonly type: 'abort' | 'commit'
  /** Epoch of the transaction coordinator that decided it: an older one is fenced. */
  readonly coordinatorEpoch: number
}

/** @returns A control batch; the log gives it its offset and leader epoch (`placeBatch`). */
export function buildEndTransactionMarker({
  type,
  coordinatorEpoch,
  producerId,
  producerEpoch,
  timestamp,
}: EndTransactionMarker & {
  producerId: number
  producerEpoch: number
  timestamp: number
}): Uint8Array {
  const key = new Uint8Array(keySizeBytes)
  writeInt16(key, 2, types.indexOf(type))
  const value = new Uint8Array(valueSizeBytes)
  writeInt32(value, 2, coordinatorEpoch)
  return buildBatch({
    records: [{ timestamp, key, value }],
    producerId,
    producerEpoch,
    isTransactional: true,
    isControl: true,
  })
}

/**
 * Reads the marker from the batch at `start`.
 *
 * @returns undefined if it is no control batch, a control batch of another kind (of the controller's
 *   log), or one from which compaction has taken the marker.
 * @throws {KafkaError} INVALID_RECORD if key or value are too short or of a negative version, and
 *   as `RecordCursor` does. Longer ones and later versions pass, as with Kafka.
 */
export function readEndTransactionMarker(
  bytes: Uint8Array,
  start = 0,
): EndTransactionMarker | undefined {
  if (!isControl(bytes, start)) return undefined
  const cursor = new RecordCursor(bytes, start, { remainingBytes: 0 }) // never compressed
  if (!cursor.next()) return undefined

  const key = versioned(cursor.key(), keySizeBytes)
  const type = types[readInt16(key, 2)]
  if (type === undefined) return undefined
  return { type, coordinatorEpoch: readInt32(versioned(cursor.value(), valueSizeBytes), 2) }
}

/** By their number in the key. */
const types = ['abort', 'commit'] as const

/** int16 version, int16 type. */
const keySizeBytes = 4
/** int16 version, int32 epoch of the coordinator. */
const valueSizeBytes = 6

function versioned(bytes: Uint8Array | null, minSizeBytes: number): Uint8Array {
  if (bytes === null || bytes.length < minSizeBytes || readInt16(bytes, 0) < 0) {
    throw new KafkaError('INVALID_RECORD', 'not the key or value of a control record')
  }
  return bytes
}
