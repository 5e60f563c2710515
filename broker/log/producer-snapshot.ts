import { crc32c } from '../../lib/crc32c.ts'
import { decode, encode } from '../protocol/codec/codec.ts'
import { Cursor } from '../protocol/codec/cursor.ts'
import { ProducerSnapshot } from '../protocol/generated/log-records.ts'
import { ProtocolError } from '../protocol/protocol-error.ts'
import { readInt16, viewOf, writeInt16, writeInt32 } from '../protocol/records/bytes.ts'
import { CorruptFileError } from './corrupt-file-error.ts'
import type { ProducerSummary } from './producer-entry.ts'

/**
 * A `.snapshot` file: what was known of the producers of a partition when its log ended at the
 * offset that is the name of the file. Of the batches of each it has the last one only, so that a
 * duplicate of an earlier one is not told from a gap after a restart.
 */
export function encodeProducerSnapshot(producers: readonly ProducerSummary[]): Uint8Array {
  const producerEntries = producers.map((producer) => ({
    ...producer,
    epoch: producer.producerEpoch,
    timestamp: producer.lastTimestamp,
    currentTxnFirstOffset: producer.currentTransactionFirstOffset,
  }))
  const prefix = new Uint8Array(at.crc)
  writeInt16(prefix, 0, version)
  const message = encode(ProducerSnapshot, version, { crc: 0, producerEntries })
  const bytes = Buffer.concat([prefix, ...(message as Uint8Array[])])
  writeInt32(bytes, at.crc, crcOf(bytes) | 0)
  return bytes
}

/** @throws {CorruptFileError} */
export function decodeProducerSnapshot(bytes: Uint8Array): ProducerSummary[] {
  if (bytes.length < at.entries) throw corrupt(`${bytes.length} bytes are too few`)
  const found = readInt16(bytes, 0)
  if (found !== version) throw corrupt(`version ${found} is not known, only ${version}`)
  const { crc, producerEntries } = read(viewOf(bytes, at.crc, bytes.length))
  if (crc !== crcOf(bytes)) throw corrupt('its CRC does not match')
  return producerEntries.map((entry) => ({
    producerId: entry.producerId,
    producerEpoch: entry.epoch,
    lastSequence: entry.lastSequence,
    lastOffset: entry.lastOffset,
    offsetDelta: entry.offsetDelta,
    lastTimestamp: entry.timestamp,
    coordinatorEpoch: entry.coordinatorEpoch,
    currentTransactionFirstOffset: entry.currentTxnFirstOffset,
  }))
}

const version = 1
const at = { crc: 2, entries: 6 } as const

function read(bytes: Uint8Array): ProducerSnapshot {
  try {
    return decode(ProducerSnapshot, version, new Cursor(bytes))
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    throw corrupt(error.message, { cause: error })
  }
}

/** Of what follows it. */
function crcOf(bytes: Uint8Array): number {
  return crc32c(viewOf(bytes, at.entries, bytes.length))
}

function corrupt(message: string, options?: ErrorOptions): CorruptFileError {
  return new CorruptFileError('snapshot', message, options)
}
